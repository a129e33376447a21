"""What the UI's pages ask for: charts, counts, next runs."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, deployment, flow, run, set_state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case


@case
def flow_run_history(t: Recorder) -> None:
    made = flow(t)
    one = run(t, made.id, "a", state={"type": "SCHEDULED", "state_details": {"scheduled_time": t.at(hours=1)}})
    two = run(t, made.id, "b", state={"type": "SCHEDULED", "state_details": {"scheduled_time": t.at(hours=2)}})
    mine = {"flow_runs": {"id": {"any_": [one.id, two.id]}}}
    t.post("/ui/flow_runs/history", mine)
    t.post("/ui/flow_runs/history", {**mine, "sort": "EXPECTED_START_TIME_ASC", "limit": 1})
    t.post("/ui/flow_runs/history", {**mine, "offset": 1})
    t.post("/ui/flow_runs/history", {"flows": {"id": {"any_": [made.id]}}, "sort": "NAME_ASC"})
    t.post("/ui/flow_runs/history", {**mine, "deployments": {"name": {"any_": ["none"]}}})
    t.post("/ui/flow_runs/history", {**mine, "task_runs": {"name": {"any_": ["none"]}}})
    t.post("/ui/flow_runs/history", {**mine, "work_pools": {"name": {"any_": ["none"]}}})
    for bad in ({"limit": 1001}, {"limit": "x"}, {"limit": -1}, {"offset": -1}, {"sort": "x"}, {"flows": 1}):
        t.post("/ui/flow_runs/history", {**mine, **bad})


@case
def history_of_runs_that_ran(t: Recorder) -> None:
    one = run(t, flow(t).id)
    set_state(t, one.id, "RUNNING", force=True)
    set_state(t, one.id, "COMPLETED", force=True)
    clocked = ("$[].duration", "$[].lateness")
    t.post("/ui/flow_runs/history", {"flow_runs": {"id": {"any_": [one.id]}}}, ignore=clocked)


@case
def count_task_runs_by_flow_run(t: Recorder) -> None:
    made = flow(t).id
    one, two = run(t, made, "a").id, run(t, made, "b").id
    task_run(t, one, "x")
    task_run(t, one, "y")
    run(t, made, "child", parent_task_run_id=task_run(t, two, "z").id)
    t.post("/ui/flow_runs/count-task-runs", {"flow_run_ids": [one, two, NOBODY, one]})
    t.post("/ui/flow_runs/count-task-runs", {"flow_run_ids": []})
    for bad in (
        {},
        {"flow_run_ids": None},
        {"flow_run_ids": "x"},
        {"flow_run_ids": ["x"]},
        {"flow_run_ids": [NOBODY] * 201},
    ):
        t.post("/ui/flow_runs/count-task-runs", bad)


@case
def count_deployments_by_flow(t: Recorder) -> None:
    one, two = flow(t, "a").id, flow(t, "b").id
    deployment(t, one, "x")
    deployment(t, one, "y")
    t.post("/ui/flows/count-deployments", {"flow_ids": [one, two, NOBODY]})
    for bad in ({}, {"flow_ids": ["x"]}, {"flow_ids": [NOBODY] * 201}):
        t.post("/ui/flows/count-deployments", bad)


@case
def next_runs(t: Recorder) -> None:
    one, two = flow(t, "a").id, flow(t, "b").id
    for hours in (3, 1, 2):
        later = {"type": "SCHEDULED", "state_details": {"scheduled_time": t.at(hours=hours)}}
        run(t, one, f"h{hours}", state=later)
    run(t, two)
    t.post("/ui/flows/next-runs", {"flow_ids": [one, two, NOBODY]})
    t.post("/ui/flows/next-runs", {"flow_ids": []})
    for bad in ({}, {"flow_ids": ["x"]}, {"flow_ids": [NOBODY] * 201}):
        t.post("/ui/flows/next-runs", bad)


def _ran(t: Recorder) -> str:
    one = run(t, flow(t).id).id
    for key, last in (
        ("a", "COMPLETED"),
        ("b", "FAILED"),
        ("c", "CRASHED"),
        ("d", "RUNNING"),
    ):
        made = task_run(t, one, key).id
        set_state(t, made, "RUNNING", of="task", force=True)
        if last != "RUNNING":
            set_state(t, made, last, of="task", force=True)
    return one


@case
def dashboard_counts(t: Recorder) -> None:
    one = _ran(t)
    mine: dict[str, Any] = {"flow_runs": {"id": {"any_": [one]}}}
    # Now is in the middle of one of the twenty parts, wherever in its minute it is.
    span = {"after_": t.at(hours=-95), "before_": t.at(hours=105)}
    t.post("/ui/task_runs/dashboard/counts", {**mine, "task_runs": {"start_time": span}})
    t.post("/ui/task_runs/dashboard/counts", {**mine, "task_runs": {"start_time": {"after_": t.at(hours=-200)}}})
    wanted = {"start_time": span, "state": {"type": {"any_": ["RUNNING"]}}}
    t.post("/ui/task_runs/dashboard/counts", {**mine, "task_runs": wanted})
    t.post(
        "/ui/task_runs/dashboard/counts",
        {**mine, "flows": {"name": {"any_": ["none"]}}, "task_runs": {"start_time": span}},
    )
    t.post("/ui/task_runs/dashboard/counts", {**mine, "task_runs": {}})
    t.post("/ui/task_runs/dashboard/counts", {**mine, "task_runs": {"start_time": {"before_": t.at()}}})
    t.post("/ui/task_runs/dashboard/counts", mine)
    t.post("/ui/task_runs/dashboard/counts", {"task_runs": None})


@case
def task_runs_by_state(t: Recorder) -> None:
    one = _ran(t)
    t.post("/ui/task_runs/count", {"flow_runs": {"id": {"any_": [one]}}})
    t.post("/ui/task_runs/count", {"flow_runs": {"id": {"any_": [one]}}, "task_runs": {"name": {"like_": t.name("a")}}})
    t.post("/ui/task_runs/count", {"flows": {"id": {"any_": [NOBODY]}}})
    t.post("/ui/task_runs/count", {"deployments": {"id": {"any_": [NOBODY]}}})
    t.post("/ui/task_runs/count", {"flows": 1})


@case
def task_run_with_flow_run_name(t: Recorder) -> None:
    made = task_run(t, run(t, flow(t).id).id)
    t.get(f"/ui/task_runs/{made.id}")
    t.get(f"/ui/task_runs/{task_run(t, None, t.name('loose')).id}")
    t.get(f"/ui/task_runs/{NOBODY}")
    t.get("/ui/task_runs/not-an-id")

"""Flow runs: history, lateness, graphs, inputs, logs download, resume, bulk changes."""

from __future__ import annotations

from compat.twin.making import NOBODY, deployment, flow, pool, run, set_state, state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case


@case
def history(t: Recorder) -> None:
    one = flow(t).id
    for i, kind in enumerate(("COMPLETED", "COMPLETED", "FAILED")):
        run(t, one, f"r{i}", state=state(kind))
    run(t, one, "s", state=state("SCHEDULED", state_details={"scheduled_time": t.at(hours=1, minutes=10)}))
    run(t, one, "named", state=state("COMPLETED", name="Odd"))
    span = {"history_start": t.at(minutes=-90), "history_end": t.at(minutes=90), "history_interval_seconds": 3600}
    timed = ("$[].states[].sum_estimated_run_time", "$[].states[].sum_estimated_lateness")
    t.post("/flow_runs/history", {**span, "flows": {"id": {"any_": [one]}}}, ignore=timed)
    t.post("/flow_runs/history", {**span, "flows": {"id": {"any_": [NOBODY]}}})
    t.post(
        "/flow_runs/history",
        {**span, "flows": {"id": {"any_": [one]}}, "flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}},
        ignore=timed,
    )
    t.post("/flow_runs/history", {**span, "history_interval_seconds": 10000, "flows": {"id": {"any_": [NOBODY]}}})


@case
def history_refused(t: Recorder) -> None:
    span = {"history_start": t.at(hours=-1), "history_end": t.at(), "history_interval_seconds": 60}
    t.post("/flow_runs/history", {**span, "history_interval_seconds": 0.5})
    t.post("/flow_runs/history", {**span, "history_interval_seconds": -1})
    t.post("/flow_runs/history", {**span, "history_interval_seconds": "x"})
    t.post("/flow_runs/history", {"history_start": t.at(hours=-1)})
    t.post("/flow_runs/history", {**span, "history_start": "x"})
    t.post("/flow_runs/history", {**span, "history_start": t.at(hours=1), "flows": {"id": {"any_": [NOBODY]}}})


@case
def lateness(t: Recorder) -> None:
    one = flow(t).id
    t.post("/flow_runs/lateness", {"flows": {"id": {"any_": [one]}}})
    run(t, one, "a", state=state("SCHEDULED", state_details={"scheduled_time": t.at(hours=2)}))
    t.post("/flow_runs/lateness", {"flows": {"id": {"any_": [one]}}})
    t.post("/flow_runs/lateness", {"flow_runs": {"id": {"any_": ["x"]}}})


@case
def graph_v1(t: Recorder) -> None:
    one = run(t, flow(t).id)
    t.get(f"/flow_runs/{one.id}/graph")
    a = task_run(t, one.id, "a")
    task_run(t, one.id, "b", task_inputs={"x": [{"input_type": "task_run", "id": a.id}]})
    t.get(f"/flow_runs/{one.id}/graph", unordered=("$",))
    t.get(f"/flow_runs/{NOBODY}/graph")


@case
def graph_v2(t: Recorder) -> None:
    top = flow(t).id
    one = run(t, top, state=state("RUNNING"))
    t.get(f"/flow_runs/{one.id}/graph-v2")
    a = task_run(t, one.id, "a", state=state("RUNNING"))
    b = task_run(t, one.id, "b", state=state("RUNNING"), task_inputs={"x": [{"input_type": "task_run", "id": a.id}]})
    task_run(t, one.id, "waiting", state=state("PENDING"))
    holder = task_run(
        t, one.id, "holder", state=state("RUNNING"), task_inputs={"y": [{"input_type": "task_run", "id": b.id}]}
    )
    child = run(t, flow(t, "child").id, "child", parent_task_run_id=holder.id, state=state("RUNNING"))
    shown = t.get(f"/flow_runs/{one.id}/graph-v2", unordered=("$.nodes",))
    t.get(f"/flow_runs/{one.id}/graph-v2?since={t.at(days=1)}")
    t.get(f"/flow_runs/{one.id}/graph-v2?since={t.at(days=-1)}", unordered=("$.nodes",))
    t.get(f"/flow_runs/{child.id}/graph-v2")
    t.get(f"/flow_runs/{NOBODY}/graph-v2")
    t.get(f"/flow_runs/{one.id}/graph-v2?since=x")
    assert shown["root_node_ids"]


@case
def graph_v2_of_a_plan_and_an_end(t: Recorder) -> None:
    one = flow(t).id
    planned = run(t, one, "a", state=state("SCHEDULED", state_details={"scheduled_time": t.at(hours=1)}))
    t.get(f"/flow_runs/{planned.id}/graph-v2")
    done = run(t, one, "b", state=state("RUNNING"))
    set_state(t, done.id, "COMPLETED")
    t.get(f"/flow_runs/{done.id}/graph-v2")


@case
def inputs(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    at = f"/flow_runs/{one}/input"
    t.post(at, {"key": "a-1", "value": '{"x": 1}', "sender": "prefect.flow-run.1"})
    t.post(at, {"key": "a-2", "value": '"text"'})
    t.post(at, {"key": "b-1", "value": "1"})
    t.post(at, {"key": "a-1", "value": "again"})
    t.get(f"{at}/a-1")
    t.get(f"{at}/none")
    t.post(f"{at}/filter", {"prefix": "a-"})
    t.post(f"{at}/filter", {"prefix": "a-", "limit": 5})
    t.post(f"{at}/filter", {"prefix": "", "limit": 5, "exclude_keys": ["a-2"]})
    t.post(f"{at}/filter", {"prefix": "none"})
    t.delete(f"{at}/a-1")
    t.get(f"{at}/a-1")
    t.delete(f"{at}/a-1")


@case
def inputs_refused(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    at = f"/flow_runs/{one}/input"
    t.post(at, {})
    t.post(at, {"key": "k"})
    t.post(at, {"key": "k", "value": 1})
    t.post(at, {"key": None, "value": "v"})
    t.post(at, {"key": "not/safe", "value": "1"})
    t.post(at, {"key": "", "value": "1"})
    t.post(f"/flow_runs/{NOBODY}/input", {"key": "k", "value": "1"})
    t.post(f"{at}/filter", {})
    t.post(f"{at}/filter", {"prefix": "a", "limit": "x"})
    t.post(f"/flow_runs/{NOBODY}/input/filter", {"prefix": "a"})


@case
def logs_download(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    task = task_run(t, one).id
    line = {"name": "prefect.flow_runs", "flow_run_id": one}
    t.post(
        "/logs/",
        [
            {**line, "level": 20, "message": "first", "timestamp": t.at(seconds=-3)},
            {**line, "level": 40, "message": 'with "quotes", commas\nand a second line', "timestamp": t.at(seconds=-2)},
            {**line, "level": 10, "message": "é☃", "timestamp": t.at(seconds=-1), "task_run_id": task},
        ],
    )
    t.get(f"/flow_runs/{one}/logs/download")
    t.get(f"/flow_runs/{run(t, flow(t).id, 'none').id}/logs/download")
    t.get(f"/flow_runs/{NOBODY}/logs/download")


@case
def resume_refused(t: Recorder) -> None:
    one = flow(t).id
    t.post(f"/flow_runs/{NOBODY}/resume", {})
    for kind in ("RUNNING", "COMPLETED", "PENDING"):
        made = run(t, one, kind, state=state(kind))
        t.post(f"/flow_runs/{made.id}/resume", {})


@case
def resume_a_pause(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("RUNNING"))
    set_state(
        t,
        made.id,
        "PAUSED",
        name="Paused",
        state_details={"pause_timeout": t.at(hours=1), "pause_key": "k", "pause_reschedule": False},
    )
    t.get(f"/flow_runs/{made.id}")
    t.post(f"/flow_runs/{made.id}/resume", {})
    t.get(f"/flow_runs/{made.id}")
    t.post(f"/flow_runs/{made.id}/resume", {})


@case
def resume_a_suspension(t: Recorder) -> None:
    one = flow(t).id
    dep = deployment(t, one).id
    made = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("r")})
    set_state(t, made.id, "PENDING")
    set_state(t, made.id, "RUNNING")
    details = {"pause_timeout": t.at(hours=1), "pause_reschedule": True, "pause_key": "k"}
    set_state(t, made.id, "PAUSED", name="Suspended", state_details=details)
    t.post(f"/flow_runs/{made.id}/resume")
    t.get(f"/flow_runs/{made.id}")


@case
def resume_after_the_timeout(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("RUNNING"))
    set_state(t, made.id, "PAUSED", state_details={"pause_timeout": t.at(hours=-1), "pause_key": "k"})
    t.post(f"/flow_runs/{made.id}/resume", {})


@case
def resume_with_input(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("RUNNING"))
    keyset = {"response": "wait-response", "schema": "wait-schema", "description": "wait-description"}
    details = {"pause_timeout": t.at(hours=1), "pause_key": "k", "run_input_keyset": keyset}
    set_state(t, made.id, "PAUSED", state_details=details)
    t.post(f"/flow_runs/{made.id}/resume", {"run_input": {"n": 1}})
    schema = '{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}'
    t.post(f"/flow_runs/{made.id}/input", {"key": "wait-schema", "value": schema})
    t.post(f"/flow_runs/{made.id}/resume", {"run_input": {"n": "x"}})
    t.post(f"/flow_runs/{made.id}/resume", {"run_input": {}})
    t.post(f"/flow_runs/{made.id}/resume", {"run_input": {"n": 1}})
    t.get(f"/flow_runs/{made.id}/input/wait-response")
    t.get(f"/flow_runs/{made.id}")


@case
def bulk_set_state(t: Recorder) -> None:
    one = flow(t).id
    ids = [
        run(t, one, "a", state=state("SCHEDULED")).id,
        run(t, one, "b", state=state("COMPLETED")).id,
        run(t, one, "c").id,
    ]
    mine = {"flow_runs": {"id": {"any_": ids}}}
    # The peer hands one state to all runs, so each answer names the run that happened to come last.
    loose = {"unordered": ("$.results",), "ignore": ("$.results[].state.state_details.flow_run_id",)}
    t.post("/flow_runs/bulk_set_state", {**mine, "state": state("CANCELLED")}, **loose)
    t.post("/flow_runs/filter", {**mine, "sort": "NAME_ASC"})
    t.post("/flow_runs/bulk_set_state", {**mine, "state": state("SCHEDULED", name="Again"), "force": True}, **loose)
    t.post("/flow_runs/filter", {**mine, "sort": "NAME_ASC"})
    t.post("/flow_runs/bulk_set_state", {"flow_runs": {"id": {"any_": [NOBODY]}}, "state": state("CANCELLED")})


@case
def bulk_set_state_refused(t: Recorder) -> None:
    mine = {"flow_runs": {"id": {"any_": [NOBODY]}}}
    t.post("/flow_runs/bulk_set_state", mine)
    t.post("/flow_runs/bulk_set_state", {**mine, "state": {"type": "X"}})
    t.post("/flow_runs/bulk_set_state", {**mine, "state": state("CANCELLED"), "limit": 51})
    t.post("/flow_runs/bulk_set_state", {**mine, "state": state("CANCELLED"), "limit": 0})
    t.post("/flow_runs/bulk_set_state", {**mine, "state": state("CANCELLED"), "force": "maybe"})


@case
def count_with_everything_null(t: Recorder) -> None:
    one = flow(t).id
    run(t, one)
    nulls = dict.fromkeys(("flow_runs", "task_runs", "deployments", "work_pools", "work_pool_queues"))
    t.post("/flow_runs/count", {"flows": {"id": {"any_": [one]}}, **nulls})
    t.post("/flow_runs/filter", {"flows": {"id": {"any_": [one]}}, **nulls})
    t.post("/flow_runs/paginate", {"flows": {"id": {"any_": [one]}}, **nulls})


@case
def pool_and_queue_on_a_run(t: Recorder) -> None:
    one, name = flow(t).id, pool(t)
    dep = deployment(t, one, work_pool_name=name).id
    made = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("r")})
    t.get(f"/flow_runs/{made.id}")
    t.delete(f"/work_pools/{name}")
    t.get(f"/flow_runs/{made.id}")

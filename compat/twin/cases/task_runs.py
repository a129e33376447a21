"""Task runs: create, read, filter, states, history."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, flow, run, set_state, state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

KINDS = ("SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CRASHED", "CANCELLED", "CANCELLING", "PAUSED")


def _parent(t: Recorder) -> str:
    return run(t, flow(t).id, "parent", state=state("RUNNING")).id


def _four(t: Recorder) -> tuple[str, list[str]]:
    parent = _parent(t)
    made = [
        task_run(t, parent, "t0", tags=["x", "y"], state=state("COMPLETED")),
        task_run(t, parent, "t1", tags=["x"], state=state("RUNNING")),
        task_run(t, parent, "t2", state=state("SCHEDULED", state_details={"scheduled_time": t.at(hours=1)})),
        task_run(t, parent, "t3", state=state("FAILED", name="Broken")),
    ]
    return parent, [m.id for m in made]


def _ask(t: Recorder, ids: list[str], **wanted: Any) -> None:
    chosen = {"id": {"any_": ids}, **wanted}
    t.post("/task_runs/filter", {"task_runs": chosen, "sort": "NAME_ASC"})
    t.post("/task_runs/count", {"task_runs": chosen})


@case
def create_bare(t: Recorder) -> None:
    made = t.post("/task_runs/", {"task_key": t.name(), "dynamic_key": "0"})
    t.get(f"/task_runs/{made.id}")


@case
def create_full(t: Recorder) -> None:
    parent = _parent(t)
    made = t.post(
        "/task_runs/",
        {
            "id": t.uuid(),
            "flow_run_id": parent,
            "task_key": "mine.task",
            "dynamic_key": "7",
            "name": t.name("task"),
            "cache_key": "c",
            "cache_expiration": t.at(days=1),
            "task_version": "2",
            "empirical_policy": {"retries": 2, "retry_delay": [1, 2], "retry_jitter_factor": 0.5},
            "tags": ["b", "a"],
            "labels": {"l": 1},
            "task_inputs": {
                "p": [{"input_type": "parameter", "name": "n"}],
                "c": [{"input_type": "constant", "type": "int"}],
                "t": [{"input_type": "task_run", "id": t.uuid(1)}],
            },
            "state": state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=30)}),
        },
    )
    t.get(f"/task_runs/{made.id}")
    t.get(f"/task_run_states/?task_run_id={made.id}")


@case
def create_twice(t: Recorder) -> None:
    parent = _parent(t)
    first = task_run(t, parent, "same", tags=["1"])
    task_run(t, parent, "same", tags=["2"])
    t.post("/task_runs/", {"flow_run_id": parent, "task_key": "same", "dynamic_key": "1", "name": t.name("n")})
    t.get(f"/task_runs/{first.id}")


@case
def create_refused(t: Recorder) -> None:
    t.post("/task_runs/", {})
    t.post("/task_runs/", {"task_key": "k"})
    for bad in (
        {"flow_run_id": "x"},
        {"tags": 1},
        {"state": {"type": "X"}},
        {"task_inputs": {"a": [{"input_type": "other"}]}},
        {"task_inputs": []},
        {"surprise": 1},
        {"empirical_policy": {"retry_delay": "x"}},
        {"cache_key": 5},
    ):
        t.post("/task_runs/", {"task_key": "k", "dynamic_key": "0", **bad})


@case
def missing(t: Recorder) -> None:
    t.get(f"/task_runs/{NOBODY}")
    t.patch(f"/task_runs/{NOBODY}", {"name": "x"})
    t.delete(f"/task_runs/{NOBODY}")
    t.post(f"/task_runs/{NOBODY}/set_state", {"state": state("RUNNING")})
    t.get("/task_runs/x")
    t.get(f"/task_run_states/{NOBODY}")
    t.get(f"/task_run_states/?task_run_id={NOBODY}")
    t.get("/task_run_states/")


@case
def update_and_delete(t: Recorder) -> None:
    made = task_run(t, _parent(t))
    t.patch(f"/task_runs/{made.id}", {"name": t.name("renamed")})
    t.get(f"/task_runs/{made.id}")
    t.patch(f"/task_runs/{made.id}", {})
    t.patch(f"/task_runs/{made.id}", {"name": 1})
    t.patch(f"/task_runs/{made.id}", {"tags": []})
    t.delete(f"/task_runs/{made.id}")
    t.get(f"/task_runs/{made.id}")
    t.delete(f"/task_runs/{made.id}")


@case
def by_id_and_name(t: Recorder) -> None:
    _, ids = _four(t)
    _ask(t, ids[:2])
    _ask(t, ids, name={"any_": [t.name("t1"), t.name("t2")]})
    _ask(t, ids, name={"like_": "T3"})
    _ask(t, [NOBODY])


@case
def by_tags(t: Recorder) -> None:
    _, ids = _four(t)
    for tags in (
        {"all_": ["x"]},
        {"all_": ["x", "y"]},
        {"is_null_": True},
        {"is_null_": False},
        {"operator": "or_", "all_": ["y"], "is_null_": True},
    ):
        _ask(t, ids, tags=tags)


@case
def by_state(t: Recorder) -> None:
    _, ids = _four(t)
    _ask(t, ids, state={"type": {"any_": ["RUNNING", "FAILED"]}})
    _ask(t, ids, state={"name": {"any_": ["Broken"]}})
    _ask(t, ids, state={"type": {"any_": ["RUNNING"]}, "name": {"any_": ["Broken"]}})
    _ask(t, ids, state={"operator": "or_", "type": {"any_": ["RUNNING"]}, "name": {"any_": ["Broken"]}})
    t.post("/task_runs/filter", {"task_runs": {"state": {"type": {"any_": ["X"]}}}})


@case
def by_times(t: Recorder) -> None:
    _, ids = _four(t)
    for field in ("start_time", "end_time"):
        _ask(t, ids, **{field: {"is_null_": True}})
        _ask(t, ids, **{field: {"is_null_": False}})
        _ask(t, ids, **{field: {"before_": t.at(minutes=5), "after_": t.at(minutes=-5)}})
    _ask(t, ids, expected_start_time={"after_": t.at(minutes=30)})
    _ask(t, ids, expected_start_time={"before_": t.at(minutes=30)})


@case
def by_flow_run(t: Recorder) -> None:
    parent, ids = _four(t)
    lone = t.post("/task_runs/", {"task_key": "k", "dynamic_key": t.name(), "name": t.name("lone")}).id
    _ask(t, [*ids, lone], flow_run_id={"any_": [parent]})
    _ask(t, [*ids, lone], flow_run_id={"is_null_": True})
    _ask(t, [*ids, lone], flow_run_id={"is_null_": False})
    _ask(t, [*ids, lone], flow_run_id={"operator": "or_", "any_": [parent], "is_null_": True})


@case
def by_subflows(t: Recorder) -> None:
    one = flow(t).id
    parent = run(t, one, "p", state=state("RUNNING")).id
    ids = [task_run(t, parent, "holder").id, task_run(t, parent, "plain").id]
    run(t, one, "c", parent_task_run_id=ids[0])
    _ask(t, ids, subflow_runs={"exists_": True})
    _ask(t, ids, subflow_runs={"exists_": False})


@case
def by_neighbours(t: Recorder) -> None:
    parent, ids = _four(t)
    mine: dict[str, Any] = {"task_runs": {"id": {"any_": ids}}, "sort": "NAME_ASC"}
    t.post("/task_runs/filter", {**mine, "flow_runs": {"id": {"any_": [parent]}}})
    t.post("/task_runs/filter", {**mine, "flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}})
    t.post("/task_runs/filter", {**mine, "flows": {"name": {"any_": [t.name("flow")]}}})
    t.post("/task_runs/filter", {**mine, "deployments": {"name": {"any_": ["none"]}}})
    t.post("/task_runs/count", {"task_runs": mine["task_runs"], "flows": {"name": {"any_": ["none"]}}})


@case
def sorts(t: Recorder) -> None:
    _, ids = _four(t)
    mine = {"task_runs": {"id": {"any_": ids}}}
    for sort in ("NAME_ASC", "NAME_DESC", "EXPECTED_START_TIME_ASC", "EXPECTED_START_TIME_DESC"):
        t.post("/task_runs/filter", {**mine, "sort": sort})
    for sort in ("ID_DESC", "NEXT_SCHEDULED_START_TIME_ASC", "END_TIME_DESC", "DURATION_DESC", "DURATION_ASC"):
        t.post("/task_runs/filter", {**mine, "sort": sort}, unordered=("$",))
    t.post("/task_runs/filter", {**mine, "sort": "X"})


@case
def limit_offset_and_page(t: Recorder) -> None:
    _, ids = _four(t)
    mine = {"task_runs": {"id": {"any_": ids}}, "sort": "NAME_ASC"}
    t.post("/task_runs/filter", {**mine, "limit": 2, "offset": 1})
    t.post("/task_runs/filter", {**mine, "limit": 0})
    for page in (1, 2, 3):
        t.post("/task_runs/paginate", {**mine, "limit": 3, "page": page})
    for bad in ({"limit": 201}, {"limit": -1}, {"offset": -1}):
        t.post("/task_runs/filter", {**mine, **bad})
    t.post("/task_runs/paginate", {**mine, "page": 0})


@case
def history(t: Recorder) -> None:
    parent, _ = _four(t)
    span = {"history_start": t.at(minutes=-90), "history_end": t.at(minutes=90), "history_interval_seconds": 3600}
    timed = ("$[].states[].sum_estimated_run_time", "$[].states[].sum_estimated_lateness")
    # The peer leaves the order of states within an interval to chance.
    wanted = {**span, "flow_runs": {"id": {"any_": [parent]}}}
    t.post("/task_runs/history", wanted, ignore=timed, unordered=("$[*].states",))
    t.post("/task_runs/history", {**span, "history_interval_seconds": 0.1})
    t.post("/task_runs/history", {"history_start": t.at()})


@case
def from_every_state(t: Recorder) -> None:
    parent = _parent(t)
    for kind in ("PENDING", "RUNNING", "COMPLETED"):
        for proposed in KINDS:
            made = task_run(t, parent, f"{kind}-{proposed}", state=state(kind))
            set_state(t, made.id, proposed, of="task")


@case
def life_of_a_task(t: Recorder) -> None:
    made = task_run(t, _parent(t), empirical_policy={"retries": 1, "retry_delay": 0}, state=state("PENDING"))
    set_state(t, made.id, "RUNNING", of="task")
    set_state(t, made.id, "FAILED", of="task", message="one")
    set_state(t, made.id, "RUNNING", of="task")
    set_state(t, made.id, "FAILED", of="task", message="two")
    t.get(f"/task_runs/{made.id}")
    t.get(f"/task_run_states/?task_run_id={made.id}")


@case
def task_of_an_ended_flow(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("COMPLETED")).id
    made = task_run(t, parent, state=state("PENDING"))
    set_state(t, made.id, "RUNNING", of="task")
    t.get(f"/task_runs/{made.id}")


@case
def force_and_refusals(t: Recorder) -> None:
    made = task_run(t, _parent(t), state=state("COMPLETED"))
    set_state(t, made.id, "RUNNING", of="task", force=True)
    t.get(f"/task_runs/{made.id}")
    t.post(f"/task_runs/{made.id}/set_state", {})
    t.post(f"/task_runs/{made.id}/set_state", {"state": {"type": 1}})

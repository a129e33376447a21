"""Flow runs: every field of the filter, alone and joined."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, by_automation, deployment, flow, pool, run, state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case


def _runs(t: Recorder) -> list[str]:
    """Six runs of one flow, different in every field that can be asked for."""
    one = flow(t).id
    later = {"state_details": {"scheduled_time": t.at(hours=2)}}
    soon = {"state_details": {"scheduled_time": t.at(hours=1)}}
    made = [
        run(t, one, "r0", tags=["all", "even", "n0"], flow_version="v1", state=state("COMPLETED")),
        run(t, one, "r1", tags=["all", "odd"], flow_version="v2", state=state("SCHEDULED", **later)),
        run(t, one, "r2", tags=["all", "even"], idempotency_key=t.name("k2"), state=state("FAILED", name="Broken")),
        run(t, one, "r3", tags=["all", "odd"], idempotency_key=t.name("k3"), state=state("RUNNING")),
        run(t, one, "r4", tags=[], flow_version="v1", state=state("SCHEDULED", name="Late", **soon)),
        run(t, one, "r5", state=state("CANCELLED", message="no")),
    ]
    return [m.id for m in made]


def _ask(t: Recorder, ids: list[str], **wanted: Any) -> None:
    """The runs among `ids` that the filter gives, by name, and their count."""
    chosen = {"id": {"any_": ids}, **wanted}
    t.post("/flow_runs/filter", {"flow_runs": chosen, "sort": "NAME_ASC"})
    t.post("/flow_runs/count", {"flow_runs": chosen})


@case
def by_id(t: Recorder) -> None:
    ids = _runs(t)
    for wanted in (
        {"any_": ids[2:4]},
        {"any_": ids, "not_any_": ids[:5]},
        {"any_": []},
        {"any_": [NOBODY]},
        {"any_": ids, "not_any_": []},
    ):
        t.post("/flow_runs/filter", {"flow_runs": {"id": wanted}, "sort": "NAME_ASC"})


@case
def by_name(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, name={"any_": [t.name("r1"), t.name("r4")]})
    _ask(t, ids, name={"like_": "R2-"})
    _ask(t, ids, name={"like_": "r_-"})
    _ask(t, ids, name={"like_": "%"})
    _ask(t, ids, name={"any_": []})


@case
def by_tags(t: Recorder) -> None:
    ids = _runs(t)
    for tags in (
        {"all_": ["all", "even"]},
        {"any_": ["n0", "odd"]},
        {"all_": ["all"], "any_": ["n0"]},
        {"is_null_": True},
        {"is_null_": False},
        {"all_": []},
        {"any_": []},
        {"operator": "or_", "all_": ["n0"], "is_null_": True},
    ):
        _ask(t, ids, tags=tags)


@case
def by_state_type(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, state={"type": {"any_": ["SCHEDULED", "FAILED"]}})
    _ask(t, ids, state={"type": {"not_any_": ["SCHEDULED"]}})
    _ask(t, ids, state={"type": {"any_": []}})
    t.post("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["DONE"]}}}})


@case
def by_state_name(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, state={"name": {"any_": ["Broken", "Late"]}})
    _ask(t, ids, state={"name": {"not_any_": ["Broken", "Completed"]}})
    _ask(t, ids, state={"operator": "or_", "name": {"any_": ["Broken"]}, "type": {"any_": ["RUNNING"]}})
    _ask(t, ids, state={"name": {"any_": ["Broken"]}, "type": {"any_": ["RUNNING"]}})


@case
def by_flow_version(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, flow_version={"any_": ["v1"]})
    _ask(t, ids, flow_version={"any_": ["v1", "v2", "v3"]})
    _ask(t, ids, flow_version={"any_": []})


@case
def by_start_time(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, start_time={"is_null_": True})
    _ask(t, ids, start_time={"is_null_": False})
    _ask(t, ids, start_time={"after_": t.at(minutes=-5)})
    _ask(t, ids, start_time={"before_": t.at(minutes=-5)})
    _ask(t, ids, start_time={"before_": t.at(minutes=30), "after_": t.at(minutes=-30)})
    _ask(t, ids, start_time={"before_": t.at(minutes=90), "is_null_": True})


@case
def by_end_time(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, end_time={"is_null_": True})
    _ask(t, ids, end_time={"is_null_": False})
    _ask(t, ids, end_time={"after_": t.at(minutes=-5), "before_": t.at(minutes=5)})
    _ask(t, ids, end_time={"before_": t.at(minutes=-5)})


@case
def by_expected_start_time(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, expected_start_time={"after_": t.at(minutes=30)})
    _ask(t, ids, expected_start_time={"before_": t.at(minutes=30)})
    _ask(t, ids, expected_start_time={"after_": t.at(hours=1), "before_": t.at(hours=1)})


@case
def by_next_scheduled_start_time(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, next_scheduled_start_time={"after_": t.at(minutes=90)})
    _ask(t, ids, next_scheduled_start_time={"before_": t.at(minutes=90)})
    _ask(t, ids, next_scheduled_start_time={"before_": t.at(hours=1), "after_": t.at(hours=1)})


@case
def by_idempotency_key(t: Recorder) -> None:
    ids = _runs(t)
    _ask(t, ids, idempotency_key={"any_": [t.name("k2"), t.name("k3")]})
    _ask(t, ids, idempotency_key={"not_any_": [t.name("k2")]})
    _ask(t, ids, idempotency_key={"any_": [t.name("k2")], "not_any_": [t.name("k3")]})


@case
def by_deployment_id(t: Recorder) -> None:
    one = flow(t).id
    dep = deployment(t, one).id
    ids = [run(t, one, "a", deployment_id=dep).id, run(t, one, "b").id]
    _ask(t, ids, deployment_id={"any_": [dep]})
    _ask(t, ids, deployment_id={"is_null_": True})
    _ask(t, ids, deployment_id={"is_null_": False})
    _ask(t, ids, deployment_id={"operator": "or_", "any_": [dep], "is_null_": True})


@case
def by_work_queue_name(t: Recorder) -> None:
    one, name = flow(t).id, pool(t)
    t.post(f"/work_pools/{name}/queues", {"name": "fast"})
    ids = [
        run(t, one, "a", work_pool_name=name, work_queue_name="fast").id,
        run(t, one, "b", work_pool_name=name).id,
        run(t, one, "c").id,
    ]
    _ask(t, ids, work_queue_name={"any_": ["fast"]})
    _ask(t, ids, work_queue_name={"any_": ["fast", "default"]})
    _ask(t, ids, work_queue_name={"is_null_": True})
    _ask(t, ids, work_queue_name={"is_null_": False})


@case
def by_parents(t: Recorder) -> None:
    one = flow(t).id
    parent = run(t, one, "parent")
    holder = task_run(t, parent.id)
    child = run(t, one, "child", parent_task_run_id=holder.id)
    ids = [parent.id, child.id]
    _ask(t, ids, parent_task_run_id={"any_": [holder.id]})
    _ask(t, ids, parent_task_run_id={"is_null_": True})
    _ask(t, ids, parent_task_run_id={"is_null_": False})
    _ask(t, ids, parent_flow_run_id={"any_": [parent.id]})
    _ask(t, ids, parent_flow_run_id={"any_": [child.id]})
    _ask(t, ids, parent_flow_run_id={"any_": []})


@case
def by_creator(t: Recorder) -> None:
    one = flow(t).id
    dep = deployment(t, one, paused=True, schedules=[{"schedule": {"interval": 3600, "anchor_date": t.at(hours=1)}}]).id
    t.post(f"/deployments/{dep}/schedule", {"start_time": t.at(minutes=30), "end_time": t.at(hours=3)})
    soon = state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=20)})
    t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("auto"), "state": soon}, headers=by_automation(t))
    run(t, one, "hand")
    mine = {"flows": {"id": {"any_": [one]}}, "sort": "EXPECTED_START_TIME_ASC"}
    for wanted in (
        {"type_": ["SCHEDULE"]},
        {"type_": ["AUTOMATION"]},
        {"id_": [t.uuid()]},
        {"is_null_": True},
        {"is_null_": False},
    ):
        t.post("/flow_runs/filter", {**mine, "flow_runs": {"created_by": wanted}})


@case
def joined_by_or(t: Recorder) -> None:
    ids = _runs(t)
    either = {"operator": "or_", "tags": {"all_": ["n0"]}, "state": {"type": {"any_": ["RUNNING"]}}}
    mine = {"flow_runs": {**either, "id": {"any_": ids[5:]}}, "sort": "NAME_ASC"}
    t.post("/flow_runs/filter", {**mine, "flows": {"name": {"any_": [t.name("flow")]}}})
    t.post("/flow_runs/count", {"flow_runs": mine["flow_runs"], "flows": {"name": {"any_": [t.name("flow")]}}})


@case
def by_neighbours(t: Recorder) -> None:
    one, name = flow(t, tags=["ft"]).id, pool(t)
    dep = deployment(t, one, work_pool_name=name, tags=["dt"]).id
    soon = state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=20)})
    a = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("a"), "state": soon}).id
    b = run(t, one, "b").id
    task_run(t, b, tags=["tt"])
    mine: dict[str, Any] = {"flow_runs": {"id": {"any_": [a, b]}}, "sort": "NAME_ASC"}
    for more in (
        {"flows": {"tags": {"all_": ["ft"]}}},
        {"flows": {"name": {"any_": ["none"]}}},
        {"deployments": {"tags": {"any_": ["dt"]}}},
        {"deployments": {"id": {"not_any_": [dep]}}},
        {"task_runs": {"tags": {"all_": ["tt"]}}},
        {"work_pools": {"name": {"any_": [name]}}},
        {"work_pools": {"type": {"any_": ["process"]}}},
        {"work_pool_queues": {"name": {"any_": ["default"]}}},
        {"work_pools": {"name": {"any_": [name]}}, "work_pool_queues": {"name": {"startswith_": ["x"]}}},
        {"deployments": {"tags": {"any_": ["dt"]}}, "task_runs": {"tags": {"all_": ["tt"]}}},
    ):
        t.post("/flow_runs/filter", {**mine, **more})
        t.post("/flow_runs/count", {"flow_runs": mine["flow_runs"], **more})


@case
def sorts(t: Recorder) -> None:
    ids = _runs(t)
    names = "ID_DESC NAME_ASC NAME_DESC NEXT_SCHEDULED_START_TIME_ASC"
    for sort in names.split():
        t.post(
            "/flow_runs/filter",
            {"flow_runs": {"id": {"any_": ids[1::3]}}, "sort": sort},
            unordered=("$",) if sort == "ID_DESC" else (),
        )
    # Times that the server takes are not compared by order where two may fall together.
    for sort in (
        "START_TIME_ASC",
        "START_TIME_DESC",
        "EXPECTED_START_TIME_ASC",
        "EXPECTED_START_TIME_DESC",
        "END_TIME_DESC",
    ):
        # Only one of those asked for may lack the time: equals come in the order of their (random) ids.
        chosen = [ids[i] for i in (0, 2, 3, 5)] if sort == "END_TIME_DESC" else ids
        t.post("/flow_runs/filter", {"flow_runs": {"id": {"any_": chosen}}, "sort": sort})
    t.post("/flow_runs/filter", {"sort": "SIDEWAYS"})


@case
def limit_offset_and_page(t: Recorder) -> None:
    ids = _runs(t)
    mine = {"flow_runs": {"id": {"any_": ids}}, "sort": "NAME_ASC"}
    t.post("/flow_runs/filter", {**mine, "limit": 2, "offset": 3})
    t.post("/flow_runs/filter", {**mine, "limit": 0})
    for page in (1, 3, 4):
        t.post("/flow_runs/paginate", {**mine, "limit": 2, "page": page})
    t.post("/flow_runs/paginate", {**mine, "limit": 0, "page": 1})
    for bad in ({"limit": 201}, {"limit": -1}, {"offset": -1}, {"offset": "a"}):
        t.post("/flow_runs/filter", {**mine, **bad})
    for bad in ({"limit": 201}, {"page": 0}, {"page": None}, {"sort": None}):
        t.post("/flow_runs/paginate", {**mine, **bad}, unordered=("$.results",))


@case
def refused(t: Recorder) -> None:
    for bad in (
        {"id": {"any_": ["x"]}},
        {"id": ["x"]},
        {"tags": {"all_": "x"}},
        {"state": {"type": "FAILED"}},
        {"start_time": {"after_": "yesterday"}},
        {"start_time": {"is_null_": "perhaps"}},
        {"expected_start_time": {"is_null_": True}},
        {"operator": "xor_"},
        {"unknown": {}},
        {"name": {"like_": 1}},
    ):
        t.post("/flow_runs/filter", {"flow_runs": bad})
        t.post("/flow_runs/count", {"flow_runs": bad})


@case
def times_in_other_shapes(t: Recorder) -> None:
    ids = _runs(t)
    for after in (
        "2020-01-01",
        "2020-01-01T00:00:00",
        "2020-01-01T00:00:00+02:00",
        1577836800,
        1577836800.5,
        "2020-01-01 00:00:00Z",
    ):
        _ask(t, ids, end_time={"after_": after})

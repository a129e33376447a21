"""Fields of filters that other cases use in passing: what is there without them, then what each of them leaves."""

from __future__ import annotations

from typing import Any

from compat.twin.making import by_automation, deployment, flow, pool, run, state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

Fields = dict[str, Any]


def _each(t: Recorder, path: str, name: str, everything: Fields, *fields: Fields) -> None:
    for more in ({}, *fields):
        t.post(path, {name: {**everything, **more}}, unordered=("$",))


@case
def of_flows(t: Recorder) -> None:
    ids = [flow(t, "a").id, flow(t, "b", tags=["one"]).id, flow(t, "c").id]
    deployment(t, ids[0])
    _each(
        t,
        "/flows/filter",
        "flows",
        {"id": {"any_": ids}},
        {"id": {"any_": ids, "not_any_": ids[:1]}},
        {"id": {"not_any_": ids[1:]}, "name": {"any_": [t.name(s) for s in "abc"]}},
        {"deployment": {"operator": "or_", "is_null_": True}},
    )


@case
def of_deployments(t: Recorder) -> None:
    one = flow(t).id
    ids = [deployment(t, one, "a", tags=["x", "y"]).id, deployment(t, one, "b", tags=["x"]).id]
    ids.append(deployment(t, one, "c").id)
    limited = deployment(t, one, "d", concurrency_limit=3).id
    _each(
        t,
        "/deployments/filter",
        "deployments",
        {"id": {"any_": [*ids, limited]}},
        {"operator": "or_", "id": {"any_": ids[:1]}, "name": {"any_": [t.name("b")]}},
        {"tags": {"operator": "or_", "all_": ["y"], "any_": ["none"]}},
        {"concurrency_limit": {"ge_": 2}},
        {"concurrency_limit": {"le_": 2}},
        {"concurrency_limit": {"is_null_": True}},
    )


@case
def of_flow_runs(t: Recorder) -> None:
    one = flow(t).id
    name = pool(t)
    dep = deployment(t, one, work_pool_name=name).id
    holder = task_run(t, run(t, one, "parent").id)
    child = run(t, one, "child", parent_task_run_id=holder.id)
    # Nothing is due while the case runs, or the servers would mark it late, each in its own time.
    later = state("SCHEDULED", state_details={"scheduled_time": t.at(hours=1)})
    planned = t.post(f"/deployments/{dep}/create_flow_run", {"state": later}, headers=by_automation(t)).id
    queued = run(t, one, "queued", work_pool_name=name, work_queue_name="default").id
    ids = [holder["flow_run_id"], child.id, planned, queued]
    _each(
        t,
        "/flow_runs/filter",
        "flow_runs",
        {"id": {"any_": ids}},
        {"operator": "or_", "id": {"any_": ids[:1]}, "name": {"any_": [t.name("child")]}},
        {"deployment_id": {"operator": "or_", "any_": [dep], "is_null_": False}},
        {"work_queue_name": {"operator": "or_", "any_": ["default"], "is_null_": False}},
        {"parent_task_run_id": {"any_": [holder.id]}},
        {"parent_task_run_id": {"is_null_": True}},
        {"parent_task_run_id": {"operator": "or_", "any_": [t.uuid()], "is_null_": True}},
        {"parent_flow_run_id": {"any_": ids[:1]}},
        {"parent_flow_run_id": {"operator": "or_", "any_": ids[:1]}},
        {"created_by": {"id_": [t.uuid()]}},
        {"created_by": {"operator": "or_", "id_": [t.uuid()], "type_": ["DEPLOYMENT"]}},
    )


@case
def of_flow_runs_by_state_and_time(t: Recorder) -> None:
    one = flow(t).id
    later = {"state_details": {"scheduled_time": t.at(hours=2)}}
    ids = [
        run(t, one, "a", state=state("COMPLETED")).id,
        run(t, one, "b", state=state("FAILED", name="Broken")).id,
        run(t, one, "c", state=state("SCHEDULED", **later)).id,
    ]
    _each(
        t,
        "/flow_runs/filter",
        "flow_runs",
        {"id": {"any_": ids}},
        {"state": {"type": {"not_any_": ["SCHEDULED", "FAILED"]}}},
        {"state": {"name": {"not_any_": ["Broken"]}}},
        {"end_time": {"after_": t.at(minutes=-5)}},
        {"end_time": {"is_null_": True}},
        {"next_scheduled_start_time": {"after_": t.at(hours=1)}},
        {"next_scheduled_start_time": {"before_": t.at(hours=3)}},
    )


@case
def of_task_runs(t: Recorder) -> None:
    one = flow(t).id
    parent = run(t, one, "parent").id
    later = {"state_details": {"scheduled_time": t.at(hours=2)}}
    ids = [
        task_run(t, parent, "a", tags=["x", "y"], state=state("COMPLETED")).id,
        task_run(t, parent, "b", tags=["x"], state=state("FAILED", name="Broken")).id,
        task_run(t, parent, "c", state=state("SCHEDULED", **later)).id,
    ]
    run(t, one, "child", parent_task_run_id=ids[2])
    _each(
        t,
        "/task_runs/filter",
        "task_runs",
        {"id": {"any_": ids}},
        {"operator": "or_", "id": {"any_": ids[:1]}, "name": {"any_": [t.name("b")]}},
        {"tags": {"operator": "or_", "all_": ["y"], "is_null_": True}},
        {"state": {"operator": "or_", "type": {"any_": ["COMPLETED"]}, "name": {"any_": ["Broken"]}}},
        {"expected_start_time": {"before_": t.at(hours=1)}},
        {"subflow_runs": {"exists_": True}},
        {"subflow_runs": {"exists_": False}},
    )


@case
def of_artifacts(t: Recorder) -> None:
    parent = run(t, flow(t).id).id
    task = task_run(t, parent).id
    of_task = {"flow_run_id": parent, "task_run_id": task}
    ids = [
        t.post("/artifacts/", {"key": t.name(stem), "type": t.name(f"type-{stem}"), "data": 1, **more}).id
        for stem, more in (("a", of_task), ("b", {}), ("c", {}))
    ]
    either = {"operator": "or_", "key": {"any_": [t.name("a")]}, "type": {"any_": [t.name("type-c")]}}
    for path, own in (("/artifacts", "id"), ("/artifacts/latest", "latest_id")):
        _each(
            t,
            f"{path}/filter",
            "artifacts",
            {own: {"any_": ids}},
            {"task_run_id": {"any_": [task]}},
            {"type": {"not_any_": [t.name("type-a")]}},
            {**either, own: {"any_": ids[:1]}},
        )


@case
def of_block_schemas(t: Recorder) -> None:
    kind = t.post("/block_types/", {"name": t.name("type"), "slug": t.name("type")}).id
    ids = [
        t.post("/block_schemas/", {"fields": {"title": t.name(stem)}, "block_type_id": kind, "version": version}).id
        for stem, version in (("a", "1"), ("b", "2"), ("c", "3"))
    ]
    mine = {"block_type_id": {"any_": [kind]}}
    _each(t, "/block_schemas/filter", "block_schemas", mine, {"id": {"any_": ids[:2]}}, {"version": {"any_": ["3"]}})
    either = {"operator": "or_", "id": {"any_": ids[:1]}, "version": {"any_": ["3"]}}
    t.post("/block_schemas/filter", {"block_schemas": either}, only="status")
    document = {"block_type_id": kind, "data": {}}
    made = [
        t.post("/block_documents/", {**document, "name": t.name(f"d{n}"), "block_schema_id": ids[n]}).id for n in (0, 1)
    ]
    for body in ({}, {"block_schemas": {"id": {"any_": ids[:1]}}}):
        t.post("/block_documents/count", {"block_documents": {"id": {"any_": made}}, **body})


@case
def of_variables(t: Recorder) -> None:
    names = [t.name(stem).replace("-", "_") for stem in "abc"]
    for name, tags in zip(names, (["x", "y"], ["x"], []), strict=True):
        t.post("/variables/", {"name": name, "value": 1, "tags": tags})
    mine = {"name": {"any_": names}}
    _each(t, "/variables/filter", "variables", mine, {"tags": {"operator": "or_", "all_": ["y"], "is_null_": True}})


@case
def of_logs(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    line = {"name": "n", "level": 20, "message": "m", "flow_run_id": one}
    t.post("/logs/", [{**line, "timestamp": t.at(seconds=second)} for second in range(4)])
    for when in ({}, {"timestamp": {"before_": t.at(seconds=1)}}, {"timestamp": {"after_": t.at(seconds=1)}}):
        t.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [one]}, **when}})


@case
def of_work_queues(t: Recorder) -> None:
    at = f"/work_pools/{pool(t)}/queues"
    ids = [t.post(at, {"name": name}).id for name in ("fast", "slow", "idle")]
    for body in ({}, {"operator": "or_", "id": {"any_": ids[:1]}, "name": {"any_": ["idle"]}}):
        t.post(f"{at}/filter", {"work_queues": body})


@case
def of_queues_themselves(t: Recorder) -> None:
    at = f"/work_pools/{pool(t)}/queues"
    wanted = {"tags": ["a"], "deployment_ids": [t.uuid()]}
    t.post(at, {"name": "fast", "filter": wanted})
    t.patch(f"{at}/fast", {"filter": {"tags": ["b"]}})
    t.get(f"{at}/fast")


@case
def of_workers(t: Recorder) -> None:
    at = f"/work_pools/{pool(t)}/workers"
    for name in ("one", "two"):
        t.post(f"{at}/heartbeat", {"name": name})
    never, always = {"before_": t.at(hours=-1)}, {"after_": t.at(hours=-1)}
    _each(
        t,
        f"{at}/filter",
        "workers",
        {},
        {"last_heartbeat_time": always},
        {"last_heartbeat_time": never},
        {"last_heartbeat_time": {"before_": t.at(hours=1)}},
        {"last_heartbeat_time": {"after_": t.at(hours=1)}},
        {"status": {"not_any_": ["OFFLINE"]}},
        {"status": {"not_any_": ["ONLINE"]}},
        {"operator": "or_", "last_heartbeat_time": never, "status": {"any_": ["ONLINE"]}},
        {"operator": "or_", "last_heartbeat_time": never, "status": {"any_": ["OFFLINE"]}},
    )

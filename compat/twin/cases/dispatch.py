"""Who is told what of pools and queues, and oddities of handing out runs."""

from __future__ import annotations

from compat.twin.making import NOBODY, deployment, flow, loose_queue, pool, run, set_state, state
from compat.twin.recorder import Recorder
from compat.twin.registry import case


def _told(t: Recorder, resource: str, count: int) -> None:
    wanted = {"filter": {"resource": {"id": [resource]}, "order": "ASC"}, "limit": 50}
    # What happened at one moment may be told in any order.
    t.until(
        lambda a: a["total"] >= count,
        "POST",
        "/events/filter",
        wanted,
        ignore=("$.events[].received", "$.events[].id", "$.events[].follows"),
        unordered=("$.events",),
    )


def _due(t: Recorder, one: str, name: str, queue: str, stem: str, minutes: int, **more: object) -> str:
    when = state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=minutes)})
    return run(t, one, stem, work_pool_name=name, work_queue_name=queue, state=when, **more).id


@case
def what_a_pool_announces(t: Recorder) -> None:
    name = pool(t, description="d")
    identity = t.get(f"/work_pools/{name}").id
    t.patch(
        f"/work_pools/{name}",
        {"description": "e", "concurrency_limit": 2, "storage_configuration": {"bundle_upload_step": {"a": 1}}},
    )
    t.patch(f"/work_pools/{name}", {"description": "e", "is_paused": True})
    t.patch(f"/work_pools/{name}", {"is_paused": True})
    t.patch(f"/work_pools/{name}", {"is_paused": False})
    t.post(f"/work_pools/{name}/workers/heartbeat", {"name": "w"})
    t.patch(f"/work_pools/{name}", {"is_paused": True})
    t.patch(f"/work_pools/{name}", {"is_paused": False})
    t.get(f"/work_pools/{name}")
    t.delete(f"/work_pools/{name}")
    _told(t, f"prefect.work-pool.{identity}", 10)


@case
def what_a_queue_announces(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}/queues"
    one = t.post(at, {"name": "one", "description": "d", "is_paused": True}).id
    t.patch(f"{at}/one", {"priority": 1, "concurrency_limit": 3})
    t.patch(f"{at}/one", {"name": "uno", "filter": None, "last_polled": t.at(seconds=-5)})
    t.patch(f"{at}/uno", {"is_paused": True})
    t.patch(f"{at}/uno", {"is_paused": True})
    t.patch(f"{at}/uno", {"is_paused": False})
    t.get(f"{at}/uno")
    t.patch(f"/work_queues/{one}", {"description": "w", "is_paused": True})
    t.patch(f"/work_queues/{one}", {"is_paused": False, "last_polled": t.at(minutes=-5)})
    t.get(f"/work_queues/{one}")
    t.delete(f"{at}/uno")
    _told(t, f"prefect.work-queue.{one}", 9)


@case
def priorities_are_pushed_down(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}/queues"
    for stem, priority in (("a", 5), ("b", 5), ("c", None), ("d", 1), ("e", 6), ("f", 100)):
        t.post(at, {"name": stem, "priority": priority})
        t.post(f"{at}/filter", {})
    for stem, priority in (("f", 2), ("a", 9), ("d", 9), ("default", 1)):
        t.patch(f"{at}/{stem}", {"priority": priority})
        t.post(f"{at}/filter", {})
    t.delete(f"{at}/c")
    t.post(at, {"name": "g"})
    t.post(f"{at}/filter", {"limit": 3, "offset": 2})


@case
def the_default_queue_stays(t: Recorder) -> None:
    name = pool(t)
    queue = t.get(f"/work_pools/{name}")["default_queue_id"]
    t.delete(f"/work_queues/{queue}")
    t.get(f"/work_queues/{queue}")
    for bad in ({"is_paused": None}, {"storage_configuration": None}):
        t.patch(f"/work_pools/{name}", bad)
    for bad in ({"name": None}, {"description": None}, {"priority": None}):
        t.patch(f"/work_queues/{queue}", bad)


@case
def deleting_leaves_runs_and_deployments(t: Recorder) -> None:
    name, one = pool(t), flow(t).id
    t.post(f"/work_pools/{name}/queues", {"name": "q"})
    dep = deployment(t, one, work_pool_name=name, work_queue_name="q").id
    due = _due(t, one, name, "q", "r", 5)
    t.delete(f"/work_pools/{name}/queues/q")
    t.get(f"/deployments/{dep}")
    t.get(f"/flow_runs/{due}")
    t.delete(f"/work_pools/{name}")
    t.get(f"/deployments/{dep}")


@case
def polling_oddities(t: Recorder) -> None:
    name, one = pool(t), flow(t).id
    at = f"/work_pools/{name}"
    for number in range(4):
        _due(t, one, name, "default", f"r{number}", number)
    later = _due(t, one, name, "default", "waiting", 1)
    set_state(
        t,
        later,
        "SCHEDULED",
        name="AwaitingRetry",
        state_details={"scheduled_time": t.at(minutes=1, seconds=30)},
        force=True,
    )
    asked: tuple[dict[str, object], ...] = (
        {"work_queue_names": ["default", "default"]},
        {"work_queue_names": None},
        {"work_queue_names": []},
        {"scheduled_before": t.at(minutes=2), "scheduled_after": t.at(minutes=2)},
        {"scheduled_before": t.at(minutes=1), "scheduled_after": t.at(minutes=3)},
        {"scheduled_before": None, "limit": None},
        {"limit": 0},
        {"limit": -1},
        {"surprise": 1},
    )
    for body in asked:
        t.post(f"{at}/get_scheduled_flow_runs", body)


@case
def limits_count_who_holds_slots(t: Recorder) -> None:
    name, one = pool(t, concurrency_limit=3), flow(t).id
    at = f"/work_pools/{name}"
    queue = t.post(f"{at}/queues", {"name": "q", "concurrency_limit": 2}).id
    t.post(f"{at}/get_scheduled_flow_runs", {})
    for shown in ("q", "default"):
        t.until(lambda a: a["status"] == "READY", "GET", f"{at}/queues/{shown}")
    ids = [_due(t, one, name, "q" if number % 2 else "default", f"r{number}", number) for number in range(8)]
    for number, kind in ((1, "PENDING"), (2, "RUNNING"), (3, "CANCELLING"), (5, "COMPLETED")):
        set_state(t, ids[number], kind, force=True)
        t.post(f"{at}/get_scheduled_flow_runs", {})
        t.get(at)
        t.get(f"{at}/queues/q")
        t.get(f"/work_queues/{queue}")
        t.post(f"{at}/concurrency_status", {})
        t.post(f"/work_queues/{queue}/concurrency_status", {})
    t.post("/work_pools/filter", {"work_pools": {"name": {"any_": [name]}}})
    t.post("/work_queues/filter", {"work_queues": {"id": {"any_": [queue]}}})
    t.post(f"{at}/queues/filter", {})


@case
def old_queues_with_filters(t: Recorder) -> None:
    one = flow(t).id
    dep = deployment(t, one).id
    tagged = {"tags": [t.name("x")], "deployment_ids": [dep]}
    queue = loose_queue(t, "old", filter=tagged, concurrency_limit=2).id
    when = {"type": "SCHEDULED", "state_details": {"scheduled_time": t.at(minutes=1)}}
    for tags in ([t.name("x")], [t.name("x"), "y"], ["y"]):
        t.post(
            f"/deployments/{dep}/create_flow_run",
            {"tags": tags, "state": when, "name": t.name("-".join(tags))},
            unordered=("$.tags",),
        )
    t.post(f"/work_queues/{queue}/get_runs", {}, headers={"x-prefect-ui": "true"}, unordered=("$[].tags",))
    t.post(f"/work_queues/{queue}/get_runs", {"scheduled_before": t.at(minutes=-1)}, headers={"x-prefect-ui": "true"})
    t.patch(f"/work_queues/{queue}", {"is_paused": True})
    t.post(f"/work_queues/{queue}/get_runs", {}, headers={"x-prefect-ui": "true"})
    t.get(f"/work_queues/{queue}", ignore=("$.priority",))
    t.patch(f"/work_queues/{queue}", {"filter": {"tags": ["z"]}})
    t.get(f"/work_queues/{queue}", ignore=("$.priority",))
    t.post("/work_queues/", {"name": t.name("bad"), "filter": {"colour": 1}}, ignore=("$.priority",))
    t.post("/work_queues/", {"name": t.name("worse"), "filter": {"deployment_ids": [NOBODY[:-1]]}})

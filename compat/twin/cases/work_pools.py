"""Work pools with their queues and workers."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, TEMPLATE, deployment, flow, pool, run, set_state, state
from compat.twin.recorder import Recorder
from compat.twin.registry import case


@case
def create_and_read(t: Recorder) -> None:
    t.post("/work_pools/", {"name": t.name("p")})
    t.get(f"/work_pools/{t.name('p')}")
    t.get(f"/work_pools/{t.name('p')}/queues/default")


@case
def create_full(t: Recorder) -> None:
    name = pool(
        t, type="kubernetes", description="words", base_job_template=TEMPLATE, is_paused=True, concurrency_limit=5
    )
    t.get(f"/work_pools/{name}")


@case
def create_refused(t: Recorder) -> None:
    name = pool(t)
    t.post("/work_pools/", {"name": name, "type": "process"})
    t.post("/work_pools/", {"name": "Prefect-mine", "type": "process"})
    t.post("/work_pools/", {"name": "prefectly", "type": "process"})
    t.post("/work_pools/", {})
    for bad in (
        {"name": "a/b"},
        {"name": ""},
        {"name": None},
        {"concurrency_limit": -1},
        {"concurrency_limit": "x"},
        {"base_job_template": {"job_configuration": {}}},
        {"base_job_template": {"variables": {}}},
        {"base_job_template": {"job_configuration": {"a": "{{ missing }}"}, "variables": {}}},
        {"base_job_template": []},
        {"is_paused": "perhaps"},
        {"surprise": 1},
        {"default_queue_id": NOBODY},
    ):
        t.post("/work_pools/", {"name": t.name("bad"), "type": "process", **bad})


@case
def template_defaults_checked(t: Recorder) -> None:
    for number, default in enumerate((5, "x")):
        variables = {"type": "object", "properties": {"cpu": {"type": "integer", "default": default}}}
        t.post(
            "/work_pools/",
            {
                "name": t.name(f"p{number}"),
                "type": "x",
                "base_job_template": {"job_configuration": {"c": "{{ cpu }}"}, "variables": variables},
            },
        )


@case
def missing(t: Recorder) -> None:
    none = t.name("none")
    t.get(f"/work_pools/{none}")
    t.patch(f"/work_pools/{none}", {"is_paused": True})
    t.delete(f"/work_pools/{none}")
    t.post(f"/work_pools/{none}/queues", {"name": "q"})
    t.get(f"/work_pools/{none}/queues/default")
    t.post(f"/work_pools/{none}/queues/filter", {})
    t.post(f"/work_pools/{none}/get_scheduled_flow_runs", {})
    t.post(f"/work_pools/{none}/workers/filter", {})
    t.delete(f"/work_pools/{none}/workers/w")
    t.post(f"/work_pools/{none}/concurrency_status", {})
    t.post(f"/work_pools/{none}/workers/heartbeat", {"name": "w"})


@case
def update(t: Recorder) -> None:
    name = pool(t)
    t.patch(
        f"/work_pools/{name}",
        {"description": "new", "is_paused": True, "concurrency_limit": 3, "base_job_template": TEMPLATE},
    )
    t.get(f"/work_pools/{name}")
    t.patch(f"/work_pools/{name}", {"description": None, "is_paused": False, "concurrency_limit": None})
    t.get(f"/work_pools/{name}")
    t.patch(f"/work_pools/{name}", {})
    for bad in (
        {"concurrency_limit": -1},
        {"type": "other"},
        {"name": "x"},
        {"base_job_template": {"variables": 1}},
        {"is_paused": "x"},
    ):
        t.patch(f"/work_pools/{name}", bad)


@case
def delete(t: Recorder) -> None:
    name = pool(t)
    t.delete(f"/work_pools/{name}")
    t.get(f"/work_pools/{name}")
    t.get(f"/work_pools/{name}/queues/default")
    t.delete(f"/work_pools/{name}")
    t.delete("/work_pools/prefect-managed")


@case
def filters(t: Recorder) -> None:
    names = [pool(t, "a", type="process"), pool(t, "b", type="docker"), pool(t, "c", type="process")]
    ids = [t.get(f"/work_pools/{n}").id for n in names]
    mine: dict[str, Any] = {"name": {"any_": names}}
    for wanted in (
        mine,
        {**mine, "type": {"any_": ["docker"]}},
        {"id": {"any_": ids[:2]}},
        {"id": {"any_": [NOBODY]}},
        {"operator": "or_", "id": {"any_": ids[:1]}, "name": {"any_": names[2:]}},
        {**mine, "type": {"any_": []}},
    ):
        t.post("/work_pools/filter", {"work_pools": wanted}, unordered=("$",))
        t.post("/work_pools/count", {"work_pools": wanted})
    t.post("/work_pools/filter", {"work_pools": mine, "limit": 2})
    t.post("/work_pools/filter", {"work_pools": mine, "limit": 2, "offset": 2})
    for bad in (
        {"limit": 201},
        {"limit": -1},
        {"offset": -1},
        {"work_pools": {"colour": 1}},
        {"work_pools": {"id": {"any_": ["x"]}}},
    ):
        t.post("/work_pools/filter", bad)


@case
def queues(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}/queues"
    t.post(at, {"name": "one", "description": "words", "concurrency_limit": 3, "priority": 1, "is_paused": True})
    t.post(at, {"name": "two"})
    t.post(at, {"name": "three", "priority": 2})
    t.post(f"{at}/filter", {})
    t.get(f"{at}/one")
    t.post(at, {"name": "one"})
    t.patch(f"{at}/one", {"priority": 4, "description": "more", "concurrency_limit": None, "is_paused": False})
    t.post(f"{at}/filter", {})
    t.patch(f"{at}/two", {"name": "zwei"})
    t.get(f"{at}/two")
    t.get(f"{at}/zwei")
    t.delete(f"{at}/zwei")
    t.delete(f"{at}/zwei")
    t.post(f"{at}/filter", {})


@case
def queue_filters(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}/queues"
    ids = [t.post(at, {"name": n}).id for n in ("aa", "ab", "b")]
    for wanted in (
        {"name": {"any_": ["aa", "b"]}},
        {"name": {"startswith_": ["a"]}},
        {"id": {"any_": ids[1:]}},
        {"name": {"any_": ["b"], "startswith_": ["a"]}},
    ):
        t.post(f"{at}/filter", {"work_queues": wanted})
    t.post(f"{at}/filter", {"limit": 2})
    t.post(f"{at}/filter", {"limit": 2, "offset": 2})
    t.post(f"{at}/filter", {"limit": 201})
    t.post(f"{at}/filter", {"work_queues": {"colour": 1}})


@case
def queues_refused(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}/queues"
    for bad in (
        {},
        {"name": "a/b"},
        {"name": ""},
        {"name": "q", "priority": 0},
        {"name": "q", "concurrency_limit": -1},
        {"name": "q", "surprise": 1},
    ):
        t.post(at, bad)
    t.post(at, {"name": "q"})
    for bad in ({"priority": 0}, {"name": None}, {"priority": "x"}, {"id": NOBODY}):
        t.patch(f"{at}/q", bad)
    t.patch(f"{at}/none", {"priority": 1})
    t.delete(f"{at}/none")
    t.delete(f"{at}/default")


@case
def pausing_a_pool_and_a_queue(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}"
    t.patch(at, {"is_paused": True})
    t.get(at)
    t.patch(at, {"is_paused": False})
    t.get(at)
    t.patch(f"{at}/queues/default", {"is_paused": True})
    t.get(f"{at}/queues/default")
    t.patch(f"{at}/queues/default", {"is_paused": False})
    t.get(f"{at}/queues/default")


def _due(t: Recorder, name: str, queue: str, run_name: str, minutes: int) -> str:
    when = state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=minutes)})
    one = t.post("/flows/", {"name": t.name("flow")}).id
    return run(t, one, run_name, work_pool_name=name, work_queue_name=queue, state=when).id


@case
def polling(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}"
    t.post(f"{at}/queues", {"name": "urgent", "priority": 1})
    _due(t, name, "default", "d1", 1)
    _due(t, name, "urgent", "u1", 2)
    _due(t, name, "default", "d2", 30)
    poll = f"{at}/get_scheduled_flow_runs"
    t.post(poll, {"scheduled_before": t.at(minutes=10)})
    t.post(poll, {"work_queue_names": ["urgent"], "scheduled_before": t.at(hours=1)})
    t.post(poll, {"scheduled_before": t.at(hours=1), "scheduled_after": t.at(minutes=10)})
    t.post(poll, {"scheduled_before": t.at(hours=1), "limit": 1})
    t.post(poll, {})
    t.post(poll, {"work_queue_names": ["none"]})
    t.post(poll, {"limit": 201})
    t.post(poll, {"scheduled_before": "soon"})


@case
def polling_with_limits(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}"
    t.post(f"{at}/queues", {"name": "q", "concurrency_limit": 1})
    ids = [_due(t, name, "q", f"q{i}", 1 + i) for i in range(3)]
    ahead = {"scheduled_before": t.at(hours=1)}
    poll = f"{at}/get_scheduled_flow_runs"
    t.post(poll, ahead)
    t.patch(f"{at}/queues/q", {"concurrency_limit": None})
    t.patch(at, {"concurrency_limit": 2})
    t.post(poll, ahead)
    set_state(t, ids[0], "PENDING", force=True)
    set_state(t, ids[0], "RUNNING", force=True)
    t.post(poll, ahead)
    t.get(at)
    t.patch(at, {"concurrency_limit": 0})
    t.post(poll, ahead)
    t.patch(at, {"concurrency_limit": None, "is_paused": True})
    t.post(poll, ahead)
    t.patch(at, {"is_paused": False})
    t.patch(f"{at}/queues/q", {"is_paused": True})
    t.post(poll, ahead)


@case
def polling_makes_ready(t: Recorder) -> None:
    name = pool(t)
    dep = deployment(t, flow(t).id, work_pool_name=name).id
    t.post(f"/work_pools/{name}/get_scheduled_flow_runs", {})
    t.until(lambda a: a["status"] == "READY", "GET", f"/work_pools/{name}/queues/default")
    t.until(lambda a: a["status"] == "READY", "GET", f"/deployments/{dep}")


@case
def workers(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}"
    t.post(f"{at}/workers/heartbeat", {"name": "one"})
    t.post(f"{at}/workers/heartbeat", {"name": "two", "heartbeat_interval_seconds": 10})
    t.post(f"{at}/workers/heartbeat", {"name": "one", "heartbeat_interval_seconds": 5})
    t.post(f"{at}/workers/filter", {})
    t.get(at)
    for wanted in (
        {"status": {"any_": ["ONLINE"]}},
        {"status": {"any_": ["OFFLINE"]}},
        {"status": {"not_any_": ["ONLINE"]}},
        {"last_heartbeat_time": {"after_": t.at(minutes=-5)}},
        {"last_heartbeat_time": {"before_": t.at(minutes=-5)}},
    ):
        t.post(f"{at}/workers/filter", {"workers": wanted})
    t.post(f"{at}/workers/filter", {"limit": 1})
    t.delete(f"{at}/workers/two")
    t.delete(f"{at}/workers/two")
    t.post(f"{at}/workers/filter", {})


@case
def workers_refused(t: Recorder) -> None:
    name = pool(t)
    at = f"/work_pools/{name}/workers"
    for bad in (
        {},
        {"name": None},
        {"name": "w", "heartbeat_interval_seconds": "x"},
        {"name": "w", "heartbeat_interval_seconds": 0},
    ):
        t.post(f"{at}/heartbeat", bad)
    t.post(f"{at}/filter", {"workers": {"status": {"any_": ["ASLEEP"]}}})
    t.post(f"{at}/filter", {"limit": 201})
    t.post(f"{at}/filter", {"workers": {"colour": 1}})


@case
def concurrency_status(t: Recorder) -> None:
    name = pool(t, concurrency_limit=5)
    at = f"/work_pools/{name}"
    t.post(f"{at}/queues", {"name": "q", "concurrency_limit": 2})
    one = _due(t, name, "q", "r", 1)
    set_state(t, one, "PENDING", force=True)
    set_state(t, one, "RUNNING", force=True)
    t.post(f"{at}/concurrency_status", {})
    t.post(f"{at}/concurrency_status", {"limit": 1, "page": 2, "flow_run_limit": 0})
    t.post(f"{at}/concurrency_status", {"page": 0})
    t.post(f"{at}/concurrency_status", {"flow_run_limit": 201})
    t.get(at)


@case
def older_client(t: Recorder) -> None:
    old = {"user-agent": "prefect/3.2.15 (API 0.8.4)"}
    name = t.name("p")
    t.post("/work_pools/", {"name": name, "type": "process"}, headers=old)
    t.get(f"/work_pools/{name}", headers=old)
    t.post("/work_pools/filter", {"work_pools": {"name": {"any_": [name]}}}, headers=old)
    t.get(f"/work_pools/{name}", headers={"user-agent": "prefect/3.9.1 (API 0.8.4)"})

"""Work queues by their own operations, with and without a pool."""

from __future__ import annotations

from compat.twin.making import NOBODY, flow, loose_queue, pool, run, set_state, state
from compat.twin.recorder import Recorder
from compat.twin.registry import case


@case
def create_and_read(t: Recorder) -> None:
    made = loose_queue(t, "q", description="words", concurrency_limit=2)
    t.get(f"/work_queues/{made.id}", ignore=("$.priority",))
    t.get(f"/work_queues/name/{t.name('q')}", ignore=("$.priority",))
    t.post("/work_queues/", {"name": t.name("q")})


@case
def create_refused(t: Recorder) -> None:
    for bad in (
        {},
        {"name": "a/b"},
        {"name": ""},
        {"name": t.name("x"), "priority": 0},
        {"name": t.name("x"), "concurrency_limit": -1},
        {"name": 1},
        {"name": t.name("y"), "surprise": 1},
    ):
        t.post("/work_queues/", bad)


@case
def missing(t: Recorder) -> None:
    t.get(f"/work_queues/{NOBODY}")
    t.get(f"/work_queues/name/{t.name('none')}")
    t.patch(f"/work_queues/{NOBODY}", {"is_paused": True})
    t.delete(f"/work_queues/{NOBODY}")
    t.get(f"/work_queues/{NOBODY}/status")
    t.post(f"/work_queues/{NOBODY}/get_runs", {})
    t.post(f"/work_queues/{NOBODY}/concurrency_status", {})
    t.get("/work_queues/x")


@case
def update_and_delete(t: Recorder) -> None:
    made = loose_queue(t, "q")
    at = f"/work_queues/{made.id}"
    t.patch(at, {"description": "d", "is_paused": True, "concurrency_limit": 4})
    t.get(at, ignore=("$.priority",))
    t.patch(at, {"name": t.name("renamed"), "is_paused": False, "concurrency_limit": None})
    t.get(at, ignore=("$.priority",))
    t.patch(at, {"is_paused": None})
    t.patch(at, {"priority": 0})
    t.delete(at)
    t.get(at, ignore=("$.priority",))
    t.delete(at)


@case
def filters(t: Recorder) -> None:
    name = pool(t)
    ids = [loose_queue(t, s).id for s in ("qa", "qb")]
    ids.append(t.post(f"/work_pools/{name}/queues", {"name": t.name("qc")}).id)
    for wanted in (
        {"id": {"any_": ids}},
        {"name": {"any_": [t.name("qa"), t.name("qc")]}},
        {"id": {"any_": ids}, "name": {"startswith_": ["qb", "qc"]}},
    ):
        t.post("/work_queues/filter", {"work_queues": wanted}, unordered=("$",), ignore=("$[].priority",))
    t.post("/work_queues/filter", {"work_queues": {"id": {"any_": ids}}, "limit": 0})
    for bad in ({"limit": 201}, {"offset": -1}, {"work_queues": {"name": {"like_": "x"}}}):
        t.post("/work_queues/filter", bad)


@case
def runs_of_a_queue(t: Recorder) -> None:
    name, one = pool(t), flow(t).id
    queue = t.post(f"/work_pools/{name}/queues", {"name": t.name("q")})
    for number, minutes in enumerate((1, 30)):
        when = state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=minutes)})
        run(t, one, f"r{number}", work_pool_name=name, work_queue_name=t.name("q"), state=when)
    at = f"/work_queues/{queue.id}/get_runs"
    t.post(at, {"scheduled_before": t.at(minutes=10)})
    t.post(at, {"scheduled_before": t.at(hours=1), "limit": 1})
    t.post(at, {})
    t.post(at, {"limit": 201})
    t.post(at, {"scheduled_before": "x"})
    t.patch(f"/work_queues/{queue.id}", {"is_paused": True})
    t.post(at, {"scheduled_before": t.at(hours=1)})


@case
def status_of_a_queue(t: Recorder) -> None:
    name, one = pool(t), flow(t).id
    queue = t.post(f"/work_pools/{name}/queues", {"name": t.name("q")})
    t.get(f"/work_queues/{queue.id}/status")
    when = state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=30)})
    run(t, one, "r", work_pool_name=name, work_queue_name=t.name("q"), state=when)
    t.get(f"/work_queues/{queue.id}/status")
    t.post(f"/work_queues/{queue.id}/get_runs", {})
    t.until(lambda a: a["last_polled"], "GET", f"/work_queues/{queue.id}")
    t.get(f"/work_queues/{queue.id}/status")


@case
def concurrency_status(t: Recorder) -> None:
    name, one = pool(t), flow(t).id
    queue = t.post(f"/work_pools/{name}/queues", {"name": t.name("q"), "concurrency_limit": 2})
    made = run(t, one, "r", work_pool_name=name, work_queue_name=t.name("q"), state=state("PENDING"))
    set_state(t, made.id, "RUNNING")
    at = f"/work_queues/{queue.id}/concurrency_status"
    t.post(at, {})
    t.post(at, {"page": 2, "limit": 1})
    t.post(at, {"page": 0})

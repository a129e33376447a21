"""Events: written by HTTP, paged, counted, and announced by what happens to runs."""

from __future__ import annotations

from compat.twin.making import deployment, flow, pool, run, set_state, state
from compat.twin.recorder import Recorder
from compat.twin.registry import case
from compat.twin.telling import ask, event, five_events, kept, window


@case
def write_and_read(t: Recorder) -> None:
    mine = five_events(t)
    ask(t, {**mine, "order": "ASC"})
    ask(t, {**mine, "order": "DESC"})
    ask(t, {**mine, "order": "SIDEWAYS"})


@case
def write_twice(t: Recorder) -> None:
    first = event(t, 1, "one")
    t.post("/events", [first])
    t.post("/events", [first, event(t, 2, "two")])
    kept(t, {**window(t), "any_resource": {"id": [f"thing.{t.name()}"]}}, 2)


@case
def write_refused(t: Recorder) -> None:
    good = event(t, 1, "one")
    t.post("/events", {})
    t.post("/events", good)
    for bad in (
        {"event": None},
        {"event": 5},
        {"occurred": "x"},
        {"resource": {}},
        {"resource": {"prefect.resource.id": ""}},
        {"resource": "x"},
        {"related": [{"prefect.resource.id": "x"}]},
        {"related": [{"prefect.resource.role": "x"}]},
        {"id": "x"},
        {"payload": []},
        {"follows": "x"},
        {"event": "x" * 1025},
        {"resource": {"prefect.resource.id": "x", **{f"l{n}": "" for n in range(500)}}},
        {"related": [{"prefect.resource.id": "x", "prefect.resource.role": "r"}] * 101},
    ):
        t.post("/events", [{**good, **bad}])
    t.post("/events", [{"event": "x"}])
    t.post("/events", [])


@case
def pages(t: Recorder) -> None:
    mine = five_events(t)
    page = t.post("/events/filter", {"filter": mine, "limit": 2})
    for _ in range(3):
        if not page["next_page"]:
            break
        page = t.get(page["next_page"].split("/api", 1)[1])
    t.post("/events/filter", {"filter": mine, "limit": 0})
    t.post("/events/filter", {"filter": mine, "limit": 51})
    t.post("/events/filter", {"filter": mine, "limit": -1})
    t.get("/events/filter/next")
    for token in ("", "x", "e30=", "W10="):
        t.get(f"/events/filter/next?page-token={token}", only="status")


@case
def counts(t: Recorder) -> None:
    mine = five_events(t)
    for by in ("event", "resource", "time", "colour"):
        t.post(f"/events/count-by/{by}", {"filter": mine, "time_unit": "hour"})
    t.post("/events/count-by/day", {"filter": mine})
    t.post("/events/count-by/event", {})
    t.post("/events/count-by/event", {"filter": None})
    t.post("/events/count-by/event", {"filter": {**mine, "event": {"prefix": ["one."]}}})
    t.post("/events/count-by/resource", {"filter": {**mine, "event": {"name": ["none"]}}})


@case
def counts_of_named_resources(t: Recorder) -> None:
    names = ({"prefect.name": "Old"}, {"prefect.resource.name": "Newer"}, {})
    t.post(
        "/events",
        [
            event(t, 3 * number + place, "e", resource={"prefect.resource.id": f"{kind}.{t.name()}", **labels})
            for number, kind in enumerate("abc")
            for place, labels in enumerate(names[: number + 1])
        ],
    )
    mine = {**window(t), "resource": {"id": [f"{kind}.{t.name()}" for kind in "abc"]}}
    kept(t, mine, 6)
    t.post("/events/count-by/resource", {"filter": mine})
    t.post("/events/count-by/event", {"filter": mine})


@case
def counts_by_time(t: Recorder) -> None:
    mine = five_events(t)
    minute = {**mine, "occurred": {"since": t.at(seconds=-60), "until": t.at(seconds=-5)}}
    day = {**mine, "occurred": {"since": t.at(days=-2), "until": t.at(hours=1)}}
    for unit, interval, wanted in (
        ("second", 1, minute),
        ("second", 0.0625, minute),
        ("second", 7.3, minute),
        ("minute", 0.1, minute),
        ("minute", 7, mine),
        ("hour", 0.25, mine),
        ("hour", 6, day),
        ("day", 1, day),
        ("day", 0.5, day),
        ("week", 1, day),
        ("week", 0.01, day),
        ("week", 400, day),
    ):
        t.post("/events/count-by/time", {"filter": wanted, "time_unit": unit, "time_interval": interval})


@case
def counts_refused(t: Recorder) -> None:
    mine = {**window(t), "resource": {"id": [t.name()]}}
    for by in ("time", "event", "resource", "day"):
        t.post(f"/events/count-by/{by}", {"filter": mine, "time_unit": "second"})
    t.post("/events/count-by/time", {"filter": mine, "time_interval": 0})
    t.post("/events/count-by/time", {"filter": mine, "time_interval": 0.009})
    t.post("/events/count-by/time", {"filter": mine, "time_interval": "x"})
    t.post("/events/count-by/time", {"filter": mine, "time_unit": "month"})
    t.post("/events/count-by/time", {"filter": mine, "time_unit": "second", "time_interval": 7.199})
    turned = {**mine, "occurred": {"since": t.at(hours=1), "until": t.at(hours=-1)}}
    t.post("/events/count-by/time", {"filter": turned, "time_unit": "hour"})


@case
def what_a_run_announces(t: Recorder) -> None:
    one = flow(t, tags=["ft"]).id
    made = run(t, one, tags=["rt"], state=state("SCHEDULED"), parameters={"secret": 1})
    for kind in ("PENDING", "RUNNING", "COMPLETED"):
        set_state(t, made.id, kind, message=kind.lower())
    wanted = {
        **window(t),
        "resource": {"id": [f"prefect.flow-run.{made.id}"]},
        "event": {"prefix": ["prefect.flow-run."]},
        "order": "ASC",
    }
    kept(t, wanted, 4, unordered=("$.events[].related",))


@case
def what_a_run_of_a_deployment_announces(t: Recorder) -> None:
    name = pool(t)
    dep = deployment(t, flow(t).id, work_pool_name=name, tags=["dt"]).id
    made = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("r")})
    set_state(t, made.id, "PENDING")
    wanted = {**window(t), "resource": {"id": [f"prefect.flow-run.{made.id}"]}, "order": "ASC"}
    kept(t, wanted, 2, unordered=("$.events[].related",))


@case
def what_a_pool_and_a_deployment_announce(t: Recorder) -> None:
    name = pool(t)
    t.patch(f"/work_pools/{name}", {"is_paused": True})
    made = t.get(f"/work_pools/{name}")
    wanted = {**window(t), "resource": {"id": [f"prefect.work-pool.{made.id}"]}, "order": "ASC"}
    kept(t, wanted, 3)
    dep = deployment(t, flow(t).id, work_pool_name=name).id
    t.post(f"/work_pools/{name}/get_scheduled_flow_runs", {}, only="status")
    wanted = {
        **window(t),
        "resource": {"id": [f"prefect.deployment.{dep}"]},
        "event": {"name": ["prefect.deployment.ready"]},
    }
    kept(t, wanted, 1, unordered=("$.events[].related",))

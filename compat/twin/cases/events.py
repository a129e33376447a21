"""Events: written by HTTP, asked for by every part of the filter, paged, and announced by what happens to runs."""

from __future__ import annotations

from typing import Any

from compat.twin.making import deployment, flow, pool, run, set_state, state
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case


def _event(t: Recorder, number: int, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": t.uuid(number),
        "event": name,
        "occurred": t.at(seconds=number - 60),
        "resource": {"prefect.resource.id": f"thing.{t.name()}"},
        **more,
    }


def _window(t: Recorder) -> dict[str, Any]:
    return {"occurred": {"since": t.at(hours=-1), "until": t.at(hours=1)}}


def _five(t: Recorder) -> dict[str, Any]:
    """Five events of one resource; the filter that gives all of them."""
    friend = {"prefect.resource.id": f"friend.{t.name()}", "prefect.resource.role": "friend", "age": "7"}
    t.post(
        "/events",
        [
            _event(t, 1, "one.first", payload={"n": 1}),
            _event(t, 2, "one.second", payload={"n": [2, {"x": None}]}, follows=t.uuid(1)),
            _event(t, 3, "two.first", related=[friend]),
            _event(t, 4, "two.second", resource={"prefect.resource.id": f"thing.{t.name()}", "colour": "red"}),
            _event(
                t,
                5,
                "three",
                related=[friend, {"prefect.resource.id": f"foe.{t.name()}", "prefect.resource.role": "foe"}],
            ),
        ],
    )
    mine = {**_window(t), "any_resource": {"id": [f"thing.{t.name()}"]}}
    _until(t, mine, 5)
    return mine


def _until(t: Recorder, wanted: dict[str, Any], count: int, **more: Any) -> Answer:
    """The events, once so many are there: the peer writes them a little later."""
    return t.until(
        lambda a: a.status >= 400 or a["total"] >= count, "POST", "/events/filter", {"filter": wanted}, **more
    )


def _ask(t: Recorder, wanted: dict[str, Any], **more: Any) -> None:
    t.post("/events/filter", {"filter": wanted, **more})


@case
def write_and_read(t: Recorder) -> None:
    mine = _five(t)
    _ask(t, {**mine, "order": "ASC"})
    _ask(t, {**mine, "order": "DESC"})
    _ask(t, {**mine, "order": "SIDEWAYS"})


@case
def write_twice(t: Recorder) -> None:
    event = _event(t, 1, "one")
    t.post("/events", [event])
    t.post("/events", [event, _event(t, 2, "two")])
    _until(t, {**_window(t), "any_resource": {"id": [f"thing.{t.name()}"]}}, 2)


@case
def write_refused(t: Recorder) -> None:
    good = _event(t, 1, "one")
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
    ):
        t.post("/events", [{**good, **bad}])
    t.post("/events", [{"event": "x"}])
    t.post("/events", [])


@case
def by_name(t: Recorder) -> None:
    mine = _five(t)
    for event in (
        {"name": ["one.first", "three"]},
        {"prefix": ["one."]},
        {"prefix": ["one.", "two."], "exclude_prefix": ["two."]},
        {"exclude_name": ["three"]},
        {"exclude_prefix": ["one"]},
        {"name": ["one.first"], "prefix": ["two."]},
        {"name": ["one.*"]},
        {"name": []},
    ):
        _ask(t, {**mine, "event": event})


@case
def by_resource(t: Recorder) -> None:
    mine = _five(t)
    for resource in (
        {"id": [f"thing.{t.name()}"]},
        {"id_prefix": ["thing."]},
        {"labels": {"colour": "red"}},
        {"labels": {"colour": ["blue", "red"]}},
        {"labels": {"colour": "!red"}},
        {"labels": {"colour": "r*"}},
        {"id": ["none"]},
        {"id": [f"thing.{t.name()}"], "distinct": True},
    ):
        _ask(t, {**mine, "resource": resource})


@case
def by_related(t: Recorder) -> None:
    mine = _five(t)
    friend, foe = f"friend.{t.name()}", f"foe.{t.name()}"
    for related in (
        {"id": [friend]},
        {"role": ["foe"]},
        {"resources_in_roles": [[friend, "friend"]]},
        {"resources_in_roles": [[friend, "foe"]]},
        {"labels": {"age": "7"}},
        {"id": [friend], "role": ["foe"]},
        [{"id": [friend]}, {"id": [foe]}],
    ):
        _ask(t, {**mine, "related": related})


@case
def by_any_resource(t: Recorder) -> None:
    _five(t)
    for anything in (
        {"id": [f"friend.{t.name()}"]},
        {"id": [f"friend.{t.name()}", f"thing.{t.name()}"]},
        {"id": [f"thing.{t.name()}"], "labels": {"colour": "red"}},
        [{"id": [f"friend.{t.name()}"]}, {"id": [f"foe.{t.name()}"]}],
    ):
        _ask(t, {**_window(t), "any_resource": anything})


@case
def by_id_text_and_time(t: Recorder) -> None:
    mine = _five(t)
    _ask(t, {**_window(t), "id": {"id": [t.uuid(2), t.uuid(3)]}})
    _ask(t, {**mine, "text": {"query": "second"}})
    _ask(t, {**mine, "text": {"query": "red -first"}})
    _ask(t, {**mine, "occurred": {"since": t.at(seconds=-58), "until": t.at(seconds=-57)}})
    _ask(t, {**mine, "occurred": {"since": t.at(hours=1), "until": t.at(hours=2)}})
    _ask(t, {**mine, "occurred": {"since": "x"}})
    _ask(t, {**mine, "id": {"id": ["x"]}})
    _ask(t, {**mine, "colour": 1})


@case
def pages(t: Recorder) -> None:
    mine = _five(t)
    page = t.post("/events/filter", {"filter": mine, "limit": 2})
    for _ in range(3):
        if not page["next_page"]:
            break
        page = t.get(page["next_page"].split("/api", 1)[1])
    t.post("/events/filter", {"filter": mine, "limit": 0})
    t.post("/events/filter", {"filter": mine, "limit": 51})
    t.post("/events/filter", {"filter": mine, "limit": -1})
    t.get("/events/filter/next")


@case
def counts(t: Recorder) -> None:
    mine = _five(t)
    for by in ("event", "resource", "time", "day", "colour"):
        t.post(f"/events/count-by/{by}", {"filter": mine, "time_unit": "hour"})
    t.post("/events/count-by/time", {"filter": mine, "time_unit": "minute", "time_interval": 7})
    t.post("/events/count-by/time", {"filter": mine, "time_unit": "second"})
    t.post("/events/count-by/time", {"filter": mine, "time_interval": 0})
    t.post("/events/count-by/event", {})


@case
def what_a_run_announces(t: Recorder) -> None:
    one = flow(t, tags=["ft"]).id
    made = run(t, one, tags=["rt"], state=state("SCHEDULED"), parameters={"secret": 1})
    for kind in ("PENDING", "RUNNING", "COMPLETED"):
        set_state(t, made.id, kind, message=kind.lower())
    wanted = {
        **_window(t),
        "resource": {"id": [f"prefect.flow-run.{made.id}"]},
        "event": {"prefix": ["prefect.flow-run."]},
        "order": "ASC",
    }
    _until(t, wanted, 4, unordered=("$.events[].related",))


@case
def what_a_run_of_a_deployment_announces(t: Recorder) -> None:
    name = pool(t)
    dep = deployment(t, flow(t).id, work_pool_name=name, tags=["dt"]).id
    made = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("r")})
    set_state(t, made.id, "PENDING")
    wanted = {**_window(t), "resource": {"id": [f"prefect.flow-run.{made.id}"]}, "order": "ASC"}
    _until(t, wanted, 2, unordered=("$.events[].related",))


@case
def what_a_pool_and_a_deployment_announce(t: Recorder) -> None:
    name = pool(t)
    t.patch(f"/work_pools/{name}", {"is_paused": True})
    made = t.get(f"/work_pools/{name}")
    wanted = {**_window(t), "resource": {"id": [f"prefect.work-pool.{made.id}"]}, "order": "ASC"}
    _until(t, wanted, 3)
    dep = deployment(t, flow(t).id, work_pool_name=name).id
    t.post(f"/work_pools/{name}/get_scheduled_flow_runs", {}, only="status")
    wanted = {
        **_window(t),
        "resource": {"id": [f"prefect.deployment.{dep}"]},
        "event": {"name": ["prefect.deployment.ready"]},
    }
    _until(t, wanted, 1, unordered=("$.events[].related",))

"""Events: every field of the filter, with events that it lets through and others that it does not."""

from __future__ import annotations

from typing import Any

from compat.twin.recorder import Recorder
from compat.twin.registry import case
from compat.twin.telling import ask, event, five_events, kept, window


def _ask_each(t: Recorder, base: dict[str, Any], field: str, *values: Any) -> None:
    for value in values:
        ask(t, {**base, field: value})


@case
def by_name(t: Recorder) -> None:
    mine = five_events(t)
    _ask_each(
        t,
        mine,
        "event",
        {"name": ["one.first", "three"]},
        {"name": ["One.first"]},
        {"name": ["one.*"]},
        {"name": []},
        {"name": None},
        {"prefix": ["one."]},
        {"prefix": ["one.", "two."]},
        {"prefix": [""]},
        {"prefix": []},
        {"exclude_name": ["three", "one.first"]},
        {"exclude_name": []},
        {"exclude_prefix": ["one", "th"]},
        {"exclude_prefix": []},
        {"prefix": ["one.", "two."], "exclude_prefix": ["two."]},
        {"name": ["one.first"], "prefix": ["two."]},
        {"name": ["one.first", "three"], "exclude_name": ["three"]},
        {},
        {"name": "three"},
        {"names": ["three"]},
    )


@case
def by_resource(t: Recorder) -> None:
    mine = five_events(t)
    _ask_each(
        t,
        mine,
        "resource",
        {"id": [f"thing.{t.name()}"]},
        {"id": ["none"]},
        {"id": []},
        {"id_prefix": ["thing."]},
        {"id_prefix": ["none", f"thing.{t.name()}"]},
        {"id_prefix": ["none"]},
        {"id": [f"thing.{t.name()}"], "id_prefix": ["none"]},
        {"labels": {"colour": "red"}},
        {"labels": {"colour": ["blue", "red"]}},
        {"labels": {"colour": "!red"}},
        {"labels": {"colour": ["!red", "red"]}},
        {"labels": {"colour": "r*"}},
        {"labels": {"colour": "?ed"}},
        {"labels": {"colour": "r%"}},
        {"labels": {"colour": "_ed"}},
        {"labels": {"colour": "RED"}},
        {"labels": {"colour": ""}},
        {"labels": {"colour": []}},
        {"labels": {"shape": "*"}},
        {"labels": {"colour": "red", "shape": "*"}},
        {"labels": {"prefect.resource.id": f"thing.{t.name()}"}},
        {"labels": {"prefect.resource.id": "thing.*", "colour": "red"}},
        {"labels": {"prefect.resource.id": "!thing.*"}},
        {"labels": {"prefect.resource.id": []}},
        {"labels": {"prefect.resource.id": ""}},
        {"labels": {"prefect.resource.role": "*"}},
        {"labels": {}},
        {"labels": {"colour": 5}},
        {"labels": ["colour"]},
        {"distinct": True},
        {"distinct": True, "labels": {"colour": "red"}},
        {"distinct": "perhaps"},
    )


@case
def of_distinct_resources(t: Recorder) -> None:
    t.post(
        "/events",
        [
            event(t, number, f"e{number}", resource={"prefect.resource.id": f"{kind}.{t.name()}", "n": str(number % 2)})
            for number, kind in enumerate("ababcc")
        ],
    )
    mine = {**window(t), "resource": {"id": [f"{kind}.{t.name()}" for kind in "abc"]}}
    kept(t, mine, 6)
    for order in ("ASC", "DESC"):
        ask(t, {**mine, "resource": {**mine["resource"], "distinct": True}, "order": order})
        ask(t, {**mine, "resource": {**mine["resource"], "distinct": True}, "order": order}, limit=2)
        ask(t, {**mine, "resource": {**mine["resource"], "distinct": True, "labels": {"n": "1"}}, "order": order})


@case
def by_related(t: Recorder) -> None:
    mine = five_events(t)
    friend, foe = f"friend.{t.name()}", f"foe.{t.name()}"
    _ask_each(
        t,
        mine,
        "related",
        {"id": [friend]},
        {"id": [f"thing.{t.name()}"]},
        {"id": []},
        {"role": ["foe"]},
        {"role": ["friend", "foe"]},
        {"role": ["f*"]},
        {"role": []},
        {"resources_in_roles": [[friend, "friend"]]},
        {"resources_in_roles": [[friend, "foe"]]},
        {"resources_in_roles": [[friend, "foe"], [foe, "foe"]]},
        {"resources_in_roles": []},
        {"resources_in_roles": [[friend]]},
        {"labels": {"age": "7"}},
        {"labels": {"age": ["6", "8"]}},
        {"labels": {"age": "!6"}},
        {"labels": {"age": []}},
        {"labels": {"prefect.resource.role": "foe"}},
        {"labels": {"prefect.resource.role": ["friend"]}},
        {"labels": {"prefect.resource.role": "f*"}},
        {"labels": {"prefect.resource.role": []}},
        {"labels": {"prefect.resource.role": ""}},
        {"labels": {"prefect.resource.id": f"friend.{t.name()[:-3]}*"}},
        {"labels": {"prefect.resource.id": []}},
        {"labels": {"prefect.resource.id": ""}},
        {"labels": {"prefect.resource.id": friend, "age": "7"}},
        {"labels": {"prefect.resource.id": foe, "age": "7"}},
        {"labels": {}},
        {},
        {"id": [friend], "role": ["foe"]},
        {"id": [foe], "role": ["foe"]},
        [{"id": [friend]}, {"id": [foe]}],
        [{"id": [friend]}, {"role": ["enemy"]}],
        [],
        {"id_prefix": ["friend"]},
        [{"id": 5}],
    )


@case
def by_any_resource(t: Recorder) -> None:
    five_events(t)
    thing, friend, foe = (f"{kind}.{t.name()}" for kind in ("thing", "friend", "foe"))
    _ask_each(
        t,
        window(t),
        "any_resource",
        {"id": [friend]},
        {"id": [friend, thing]},
        {"id": ["none"]},
        {"id_prefix": [friend]},
        {"id_prefix": [foe, "none"]},
        {"id": [friend], "id_prefix": [thing]},
        {"id": [thing], "labels": {"colour": "red"}},
        {"id": [friend], "labels": {"age": "7"}},
        {"id": [friend], "labels": {"age": "!7"}},
        {"id": [thing], "labels": {"age": "7"}},
        {"id": [thing], "labels": {"colour": []}},
        {"labels": {"prefect.resource.id": friend}},
        {"labels": {"prefect.resource.id": [friend, foe]}},
        {"labels": {"prefect.resource.id": thing, "colour": "r?d"}},
        {"labels": {"prefect.resource.id": friend, "prefect.resource.role": "friend"}},
        {"labels": {"prefect.resource.id": friend, "prefect.resource.role": "foe"}},
        {"labels": {"prefect.resource.id": f"*{t.name()}", "prefect.resource.role": ["friend"]}},
        {"id": [thing], "labels": {"prefect.resource.id": [], "prefect.resource.role": ""}},
        [{"id": [friend]}, {"id": [foe]}],
        [{"id": [friend]}, {"id": [thing], "labels": {"colour": "red"}}],
        [{"id": [thing]}, {}],
        {"role": ["friend"]},
        {"id": thing},
    )


@case
def by_id(t: Recorder) -> None:
    mine = five_events(t)
    _ask_each(
        t,
        mine,
        "id",
        {"id": [t.uuid(2), t.uuid(3)]},
        {"id": [t.uuid(2), t.uuid(2), t.uuid(9)]},
        {"id": [t.uuid(9)]},
        {"id": []},
        {"id": None},
        {},
        {"id": ["x"]},
        None,
    )
    ask(t, {**window(t), "id": {"id": [t.uuid(2), t.uuid(3)]}}, limit=1)


@case
def by_text(t: Recorder) -> None:
    mine = five_events(t)
    t.post("/events", [event(t, 6, "Loud", payload={"msg": "Connection TIMEOUT, 100%_sure", "snow": "☃ é"})])
    kept(t, mine, 6)
    for query in (
        "second",
        "SECOND",
        "red -first",
        "second first",
        "+second +red",
        "+second red",
        "-first -second",
        '"connection timeout"',
        '"timeout connection"',
        '-"connection timeout"',
        "100%_sure",
        "1%0",
        "colour",
        f"friend.{t.name()}",
        "☃",
        "É",
        "",
        "   ",
        '"',
        "+",
        "-",
        "x" * 200,
        "x" * 201,
        None,
    ):
        ask(t, {**mine, "text": {"query": query}})
    ask(t, {**mine, "text": {}})
    ask(t, {**mine, "text": None})


@case
def by_time(t: Recorder) -> None:
    mine = five_events(t)
    _ask_each(
        t,
        mine,
        "occurred",
        {"since": t.at(seconds=-58), "until": t.at(seconds=-57)},
        {"since": t.at(seconds=-57.5)},
        {"since": t.at(seconds=-57.5), "until": t.at(seconds=-57.5)},
        {"until": t.at(seconds=-58)},
        {"since": t.at(hours=1), "until": t.at(hours=2)},
        {"since": t.at(hours=2), "until": t.at(hours=1)},
        {},
        None,
        {"since": "x"},
        {"since": t.at(hours=-1), "before": t.at()},
    )
    t.post("/events/filter", {"filter": {**mine, "occurred": {"since": None}}}, only="status")


@case
def in_order(t: Recorder) -> None:
    mine = five_events(t)
    _ask_each(t, mine, "order", "ASC", "DESC", "asc", "SIDEWAYS", None)
    ask(t, {**mine, "colour": 1})


@case
def by_several_fields(t: Recorder) -> None:
    mine = five_events(t)
    ask(t, {**mine, "event": {"prefix": ["two."]}, "related": {"role": ["friend"]}})
    ask(t, {**mine, "event": {"prefix": ["one."]}, "related": {"role": ["friend"]}})
    ask(t, {**mine, "text": {"query": "second"}, "resource": {"labels": {"colour": "red"}}, "order": "ASC"})
    t.post("/events/filter", {}, only="status")
    t.post("/events/filter", {"filter": None, "limit": 0}, only="status")
    t.post("/events/filter", {"filter": []})
    t.post("/events/filter", {"filter": mine, "limit": "many"})

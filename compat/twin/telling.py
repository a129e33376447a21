"""Events that cases tell a server of, and the asking for them."""

from __future__ import annotations

from typing import Any

from compat.twin.recorder import Answer, Recorder


def event(t: Recorder, number: int, name: str, **more: Any) -> dict[str, Any]:
    """An event of the case's own thing, that many seconds after a minute ago."""
    return {
        "id": t.uuid(number),
        "event": name,
        "occurred": t.at(seconds=number - 60),
        "resource": {"prefect.resource.id": f"thing.{t.name()}"},
        **more,
    }


def window(t: Recorder) -> dict[str, Any]:
    """The filter of all that a case can have told."""
    return {"occurred": {"since": t.at(hours=-1), "until": t.at(hours=1)}}


def five_events(t: Recorder) -> dict[str, Any]:
    """Tell of five events of one thing; the filter that gives all of them."""
    friend = {"prefect.resource.id": f"friend.{t.name()}", "prefect.resource.role": "friend", "age": "7"}
    t.post(
        "/events",
        [
            event(t, 1, "one.first", payload={"n": 1}),
            event(t, 2, "one.second", payload={"n": [2, {"x": None}]}, follows=t.uuid(1)),
            event(t, 3, "two.first", related=[friend]),
            event(t, 4, "two.second", resource={"prefect.resource.id": f"thing.{t.name()}", "colour": "red"}),
            event(
                t,
                5,
                "three",
                related=[friend, {"prefect.resource.id": f"foe.{t.name()}", "prefect.resource.role": "foe"}],
            ),
        ],
    )
    mine = {**window(t), "any_resource": {"id": [f"thing.{t.name()}"]}}
    kept(t, mine, 5)
    return mine


def kept(t: Recorder, wanted: dict[str, Any], count: int, **more: Any) -> Answer:
    """The events, once so many are there: the peer writes them a little later."""
    return t.until(
        lambda a: a.status >= 400 or a["total"] >= count, "POST", "/events/filter", {"filter": wanted}, **more
    )


def ask(t: Recorder, wanted: dict[str, Any], **more: Any) -> None:
    """Ask for the first page of what the filter lets through."""
    t.post("/events/filter", {"filter": wanted, **more})

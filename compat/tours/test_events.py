"""A tour of `prefect event`: one command tells of events, another listens."""

from __future__ import annotations

import json
from typing import Any

from compat.scenarios.site import Site, unique, until
from compat.tours.tour import Tour


def test_emit(tour: Tour) -> None:
    """`prefect event emit`: what it prints, what it refuses, and what is kept."""
    thing = unique("thing")
    friend = {"prefect.resource.id": "friend", "prefect.resource.role": "friend", "age": "7"}
    emit = ("event", "emit")
    tour.cli(*emit, "told.plain", "--resource-id", thing)
    tour.cli(*emit, "told.labels", "--resource", json.dumps({"prefect.resource.id": thing, "colour": "red"}))
    tour.cli(*emit, "told.pair", "--resource", "colour=red", "--resource-id", thing)
    tour.cli(*emit, "told.related", "--resource-id", thing, "--related", json.dumps(friend))
    tour.cli(*emit, "told.all", "--resource-id", thing, "--related", json.dumps([friend]), "--payload", '{"a": [1]}')
    tour.cli(*emit, "told.nothing", fails=True)
    tour.cli(*emit, "told.badly", "--resource-id", thing, "--payload", "{", fails=True)
    tour.cli(*emit, "told.alone", "--resource-id", thing, "--related", '{"prefect.resource.id": "x"}', fails=True)
    tour.cli(*emit, fails=True)

    def kept(site: Site, _: int) -> str:
        wanted = {"filter": {"resource": {"id": [thing]}, "order": "ASC"}}
        return _text(until(lambda: len(e := site.read("/events/filter", wanted)["events"]) == 5 and e, "five events"))

    tour.compare("what is kept", tour.both(kept))


def test_stream(tour: Tour) -> None:
    """`prefect event stream`: every event as it comes, as JSON or as a line of text. Its `--output-file` never works."""

    def listen(site: Site, thing: str, *options: str) -> list[str]:
        with site.background("-m", "prefect", "event", "stream", *options) as log:
            until(lambda: "Subscribing" in log.read_text(), "a stream")
            # A stream begins with what happened lately, so what is told from here on is heard.
            for n in range(3):
                site.cli("event", "emit", f"told.{n}", "--resource-id", thing, "--payload", '{"a": {"b": null}}')
            return until(lambda: len(lines := _of(log.read_text(), thing)) == 3 and lines, "three events heard")

    one, other = unique("thing"), unique("thing")
    tour.compare("as JSON", tour.both(lambda site, _: _text([json.loads(line) for line in listen(site, one)])))
    tour.compare("as text", tour.both(lambda site, _: "\n".join(listen(site, other, "--format", "text"))))


def _of(text: str, thing: str) -> list[str]:
    return [line for line in text.splitlines() if thing in line]


def _text(events: list[dict[str, Any]]) -> str:
    """The events, but for when they happened and arrived."""
    return "\n".join(json.dumps({**event, "occurred": "", "received": ""}, sort_keys=True) for event in events)

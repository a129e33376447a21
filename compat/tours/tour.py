"""Takes both servers through the same commands of the real client and compares what is printed, line by line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pytest

from compat.scenarios.site import Site

UUID = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b")
# What depends on the moment: points in time however written, and how long ago they were.
MOMENTS = (
    re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|UTC|[+-]\d\d:\d\d))?(\.\d+)?"),
    re.compile(r"DateTime\([^()]*(\([^()]*\))?[^()]*\)|datetime\.datetime\([^()]*(\([^()]*\))?[^()]*\)"),
    re.compile(r"\b(in )?(a few seconds|an?|\d+) ?(seconds?|minutes?|hours?|days?)?( ago| from now| before| after)\b"),
    re.compile(r"\b(just now|now|in (a few|\d+) seconds?)\b"),
    re.compile(r"\b\d\d:\d\d:\d\d(\.\d+)?\b"),
)
FRAMES = re.compile(r"[─━═╌┄-]{2,}")
WHOLE = re.compile(r"(?<=\d)\.0\b")  # 2.0 and 2 are one number in JSON
SHOWN = 10


@dataclass(frozen=True)
class Each:
    """A value that differs between the servers, such as an id."""

    locum: Any
    peer: Any

    def at(self, side: int) -> Any:
        """The value of one side: 0 is locum, 1 is the peer."""
        return (self.locum, self.peer)[side]


def _of(value: Any, side: int) -> Any:
    if isinstance(value, Each):
        return value.at(side)
    if isinstance(value, dict):
        return {k: _of(v, side) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_of(v, side) for v in value]
    return value


def _sorted(text: str) -> str:
    return json.dumps(json.loads(text), indent=1, sort_keys=True)


class Side:
    """One server, and the names that its ids get in the order of their first appearance."""

    def __init__(self, site: Site) -> None:
        """Nothing has been seen yet."""
        self.site = site
        self.known: dict[str, str] = {}

    def plain(self, text: str, only: str) -> list[str]:
        """The lines that hold `only`, without what is the server's own."""
        text = "\n".join(line for line in text.splitlines() if only in line)
        root = self.site.api.removesuffix("/api")
        for own, name in ((root, "SERVER"), (root.partition("//")[2], "SERVER"), (str(self.site.folder), "FOLDER")):
            text = text.replace(own, name)
        for own, name in self.known.items():
            text = text.replace(own, name)
        text = UUID.sub(lambda m: self.known.setdefault(m[0], f"<id {len(self.known) + 1}>"), text)
        for moment in MOMENTS:
            text = moment.sub("<moment>", text)
        # The moments were of different lengths, so columns and frames are too, and lines broke elsewhere.
        return [" ".join(FRAMES.sub("─", line).split()) for line in text.splitlines() if line.strip()]


class Tour:
    """Both servers, in lockstep."""

    def __init__(self, locum: Site, peer: Site) -> None:
        """The sites are pointed at locum and at the peer."""
        self.sides = (Side(locum), Side(peer))
        self._threads = ThreadPoolExecutor(2)

    def both(self, act: Callable[[Site, int], Any]) -> Each:
        """Does something at both servers at once."""
        running = [self._threads.submit(act, side.site, n) for n, side in enumerate(self.sides)]
        wait(running)
        return Each(*(one.result() for one in running))

    def cli(self, *arguments: Any, only: str | None = "", fails: bool = False, keys: str = "") -> Each:
        """Runs `prefect ARGUMENTS` at both; `only` names a text that the lines compared hold, None compares none.

        `keys="unordered"` is for JSON whose objects name their keys in an order that means nothing.
        """
        printed = self.both(lambda site, n: site.cli(*_of(arguments, n), fails=fails))
        same = Each(_sorted(printed.locum), _sorted(printed.peer)) if keys == "unordered" else printed
        if only is not None:
            self.compare(f"prefect {' '.join(map(str, _of(arguments, 0)))}", same, only)
        return printed

    def compare(self, title: str, texts: Each, only: str = "") -> None:
        """Fails where the two texts say different things."""
        ours, theirs = (side.plain(texts.at(n), only) for n, side in enumerate(self.sides))
        pairs = enumerate(zip_longest(ours, theirs, fillvalue="(nothing)"), 1)
        found = [f"line {n}:\n    locum    {a}\n    the peer {b}" for n, (a, b) in pairs if a != b]
        if found:
            pytest.fail("\n".join([title, *found[:SHOWN]]), pytrace=False)
        assert ours, f"{title}: nothing was printed that holds {only!r}"

    def program(self, text: str, **options: Any) -> Each:
        """Runs a program at both; gives what each printed last."""
        return self.both(lambda site, _: site.program(text, **options))

    def read(self, path: str, body: Any = None) -> Each:
        """What REST answers at both."""
        return self.both(lambda site, n: site.read(path, _of(body, n)))

    def answers(self, path: str) -> None:
        """Compares what REST answers at both."""
        read = self.read(path)
        written = (json.dumps(read.at(n), indent=1, sort_keys=True) for n in (0, 1))
        self.compare(path, Each(*(WHOLE.sub("", text) for text in written)))

    def known(self, names: Each, name: str) -> None:
        """Has a text that each server made up appear under one name."""
        for n, side in enumerate(self.sides):
            side.known[names.at(n)] = name

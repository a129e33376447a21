"""Finds the differences between two recordings of one case: ids and server-made times are mapped, all else is equal."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import Any

from compat.twin.deliberate import DELIBERATE
from compat.twin.recorder import Recorder, Step

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TOKEN = re.compile(r"page-token=[^&\s\"]+")
SLUG = re.compile(r"[a-z]+-[a-z]+")
# Numbers that a server takes from its clock.
CLOCKED = {
    "estimated_run_time",
    "total_run_time",
    "estimated_start_time_delta",
    "time_in_current_state",
    "delay_seconds",
    "duration",
    "lateness",
    "sum_estimated_run_time",
    "sum_estimated_lateness",
}
CLOCKED_NUMBER = re.compile(rf'"({"|".join(sorted(CLOCKED))})": [-\d.e]+')
CLOCK_SLACK = 60.0
PEER_BROKE = 500
SHOWN = 400
MISSING = object()
# Set to try the cases themselves out, with a second peer in locum's place.
PEER_TWICE = bool(os.environ.get("COMPAT_PEER_TWICE"))


class Side:
    """One recording, with the names that its ids get in the order of their first appearance."""

    def __init__(self, recorder: Recorder) -> None:
        """Takes over a finished recording."""
        self.recorder = recorder
        self.ids: dict[str, str] = {}

    def text(self, value: str) -> str:
        """The text with the side's own ids, names and address replaced."""
        value = value.replace(self.recorder.api, "API").replace(self.recorder.suffix, "~")
        value = TOKEN.sub("page-token=...", value)
        return UUID.sub(lambda m: self.ids.setdefault(m[0], f"<id {len(self.ids) + 1}>"), value)

    def value(self, value: Any, where: str = "$", unordered: tuple[str, ...] = ()) -> Any:
        """The same for a JSON value; lists at `unordered` paths are put in an order of their own."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            if any(_matches(_bare(where), pattern) for pattern in unordered):
                value = sorted(value, key=self._rank)
            return [self.value(v, f"{where}[{i}]", unordered) for i, v in enumerate(value)]
        if isinstance(value, dict):
            return {self.text(k): self.value(value[k], f"{where}.{k}", unordered) for k in sorted(value)}
        return value

    def _rank(self, value: Any) -> str:
        known = UUID.sub(lambda m: self.ids.get(m[0], "<id>"), json.dumps(value, sort_keys=True))
        return TIME.sub("<time>", CLOCKED_NUMBER.sub("", known))


def _matches(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _same_text(key: str, a: str, b: str, given: set[datetime]) -> bool:
    if a == b:
        return True
    if key == "name" and SLUG.fullmatch(a) and SLUG.fullmatch(b):
        return True
    ours, theirs = list(TIME.finditer(a)), list(TIME.finditer(b))
    if not ours or len(ours) != len(theirs) or TIME.sub("@", a) != TIME.sub("@", b):
        return False
    return all(_same_time(x, y, given) for x, y in zip(ours, theirs, strict=True))


def _same_time(a: re.Match[str], b: re.Match[str], given: set[datetime]) -> bool:
    if a[2] != b[2]:
        return False  # one says Z, the other an offset
    x, y = _moment(a[0]), _moment(b[0])
    if x == y:
        return a[0] == b[0]
    if x.astimezone(UTC) in given or y.astimezone(UTC) in given:
        return False
    return abs((x - y).total_seconds()) < CLOCK_SLACK


def _notation(a: Any, b: Any) -> str:
    """Whether two texts are the same instant, told in two ways."""
    if not (isinstance(a, str) and isinstance(b, str) and TIME.fullmatch(a) and TIME.fullmatch(b)):
        return ""
    return " (the same instant)" if _moment(a) == _moment(b) else ""


def _show(value: Any) -> str:
    if value is MISSING:
        return "(missing)"
    shown = json.dumps(value, sort_keys=True)
    return shown if len(shown) <= SHOWN else shown[:SHOWN] + "..."


def _differences(a: Any, b: Any, where: str, given: set[datetime]) -> Iterator[tuple[str, Any, Any]]:
    key = where.rsplit(".", 1)[-1]
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted({*a, *b}):
            yield from _differences(a.get(k, MISSING), b.get(k, MISSING), f"{where}.{k}", given)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _differences(x, y, f"{where}[{i}]", given)
    elif isinstance(a, str) and isinstance(b, str):
        if not _same_text(key, a, b, given):
            yield where, a, b
    elif isinstance(a, int | float) and isinstance(b, int | float) and bool not in (type(a), type(b)):
        if a != b and not (key in CLOCKED and abs(a - b) < CLOCK_SLACK):
            yield where, a, b
    elif (a is not b and a != b) or type(a) is not type(b):
        yield where, a, b


def _is_deliberate(case: str, step: Step, where: str, values: str) -> bool:
    facts = (case, f"{step.method} {step.path}", where, values)
    return any(all(map(_matches, facts, (d.case, d.step, d.where, d.values))) for d in DELIBERATE)


def _bare(where: str) -> str:
    return re.sub(r"\[\d+\]", "[]", where)


def compare(case: str, locum: Recorder, peer: Recorder) -> list[str]:
    """Every unexplained difference between the two recordings, as readable lines."""
    ours, theirs = Side(locum), Side(peer)
    given = {t.astimezone(UTC) for t in locum.instants | peer.instants}
    found: list[str] = []
    for number, (a, b) in enumerate(zip_longest(locum.steps, peer.steps), 1):
        if a is None or b is None:
            found.append(_only(number, a, b))
            break
        title = f"step {number} {a.method} {ours.text(a.path)}"
        theirs.text(b.path)
        ours.value(a.sent)
        theirs.value(b.sent)
        for where, x, y in _step_differences(ours, theirs, a, b, given):
            values = f"locum {_show(x)} | peer {_show(y)}{_notation(x, y)}"
            ignored = any(_matches(_bare(where), pattern) for pattern in a.ignore)
            if ignored or _is_deliberate(case, a, _bare(where), values):
                continue
            line = f"{title}: {where}: {values}"
            if where == "status":
                line += (
                    f"\n    sent {_show(a.sent)}\n    locum {_show(a.answer.body)}\n    peer  {_show(b.answer.body)}"
                )
            found.append(line)
    return found


def _only(number: int, a: Step | None, b: Step | None) -> str:
    who, step = ("locum", a) if a else ("the peer", b)
    return f"step {number} {step.method} {step.path}: sent to {who} only" if step else ""


def _step_differences(
    ours: Side, theirs: Side, a: Step, b: Step, given: set[datetime]
) -> Iterator[tuple[str, Any, Any]]:
    if b.answer.status >= PEER_BROKE:
        # The peer's own failure is no example; locum must not fail too.
        if a.answer.status >= PEER_BROKE and not PEER_TWICE:
            yield "status", a.answer.status, b.answer.status
        return
    if a.answer.status != b.answer.status:
        yield "status", a.answer.status, b.answer.status
        return
    for name in sorted({*a.answer.headers, *b.answer.headers}):
        x, y = a.answer.headers.get(name, ""), b.answer.headers.get(name, "")
        if ours.text(x) != theirs.text(y):
            yield f"header {name}", x, y
    if a.only == "status":
        return
    # The order of complaints about a body means nothing.
    free = (*a.unordered, "$.exception_detail")
    x, y = ours.value(a.answer.body, unordered=free), theirs.value(b.answer.body, unordered=free)
    yield from _differences(x, y, "$", given)

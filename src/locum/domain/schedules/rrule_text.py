"""Reads recurrence rules: python-dateutil parses them, what it finds becomes plain values without zones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, cast

import dateutil.rrule
from dateutil.rrule import rrule, rruleset, rrulestr

MAX_LENGTH = 6500
DEFAULT_ANCHOR = datetime(2020, 1, 1)  # noqa: DTZ001 (a wall clock, like all that is here)


class YearMasks(Protocol):
    """What dateutil knows of the days of one year (and the first of the next), per day."""

    yearlen: int
    nextyearlen: int
    yearordinal: int
    mrange: tuple[int, ...]
    mmask: tuple[int, ...]
    mdaymask: tuple[int, ...]
    nmdaymask: tuple[int, ...]
    wdaymask: tuple[int, ...]
    wnomask: list[int] | None
    nwdaymask: list[int] | None
    eastermask: list[int] | None

    def rebuild(self, year: int, month: int) -> None:
        """Turn to that month of that year."""
        ...


class RRuleInvalid(ValueError):
    """Not a recurrence rule, or one that cannot be kept."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `by` holds its restrictions (`month` for BYMONTH, and so on), all moments are wall clock readings."""

    frequency: int
    interval: int
    dtstart: datetime
    count: int | None
    until: datetime | None
    wkst: int
    by: Mapping[str, Any]
    source: rrule

    def masks(self) -> YearMasks:
        """A fresh calendar for walking along this rule."""
        # dateutil keeps its calendar private; it is what makes week numbers and Easter equal to the peer's.
        return cast("YearMasks", vars(dateutil.rrule)["_iterinfo"](self.source))


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Rules and dates that are wanted, and those that are left out."""

    rules: tuple[Rule, ...]
    dates: tuple[datetime, ...]
    but_rules: tuple[Rule, ...]
    but_dates: tuple[datetime, ...]
    single: bool = False
    """It was written as one rule, not as a set."""


def check_rrule(text: str) -> None:
    """Refuses what the peer refuses, in its words."""
    if len(text) <= MAX_LENGTH:
        try:
            _parse(text, None)
        except RRuleInvalid as error:
            raise RRuleInvalid(f'Invalid RRule string "{text}": {error}') from error
    else:
        raise RRuleInvalid(f'Invalid RRule string "{text[:40]}..."\nMax length is {MAX_LENGTH}, got {len(text)}')


@lru_cache(maxsize=1024)
def parse_rrule(text: str) -> Recurrence:
    """Read a rule or a set of rules; without a DTSTART they count from the first of January 2020."""
    try:
        return parse_anchored(text)
    except RRuleInvalid:
        # An UNTIL in UTC is compared with a DTSTART in UTC only; both are wall clock readings to the peer.
        return _recurrence(_parse(text, DEFAULT_ANCHOR.replace(tzinfo=UTC)))


def parse_anchored(text: str) -> Recurrence:
    """Read a rule as it is with a DTSTART that has no zone, which refuses an UNTIL that has one."""
    return _recurrence(_parse(text, DEFAULT_ANCHOR))


def _recurrence(parsed: rrule | rruleset) -> Recurrence:
    if isinstance(parsed, rrule):
        return Recurrence((_rule(parsed),), (), (), (), single=True)
    held = vars(parsed)
    return Recurrence(
        tuple(_rule(rule) for rule in held["_rrule"]),
        tuple(sorted(moment.replace(tzinfo=None) for moment in held["_rdate"])),
        tuple(_rule(rule) for rule in held["_exrule"]),
        tuple(sorted(moment.replace(tzinfo=None) for moment in held["_exdate"])),
    )


def _parse(text: str, dtstart: datetime | None) -> rrule | rruleset:
    try:
        return rrulestr(text, dtstart=dtstart)
    except RecursionError as error:
        raise RRuleInvalid("too deep") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # dateutil lets slip whatever its parts raise.
        raise RRuleInvalid(str(error)) from error


def _rule(parsed: rrule) -> Rule:
    held = vars(parsed)
    changes = {"dtstart": held["_dtstart"].replace(tzinfo=None)}
    if held["_until"]:
        changes["until"] = held["_until"].replace(tzinfo=None)
    try:
        source = parsed.replace(**changes)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise RRuleInvalid(str(error)) from error
    held = vars(source)
    if held["_interval"] < 1:
        raise RRuleInvalid("INTERVAL must be positive")
    return Rule(
        frequency=held["_freq"],
        interval=held["_interval"],
        dtstart=held["_dtstart"],
        count=held["_count"],
        until=held["_until"],
        wkst=held["_wkst"],
        by={name.removeprefix("_by"): held[name] for name in held if name.startswith("_by")},
        source=source,
    )

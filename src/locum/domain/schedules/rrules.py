"""Fire times of a recurrence rule: walked on the wall clock, then placed in the zone as python-dateutil places them.

dateutil's zones read a time that comes twice as the first, and give a skipped one the offset that follows it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil import tz

from locum.domain.schedules.budget import Budget, ScheduleRefused
from locum.domain.schedules.rrule_text import Recurrence, parse_rrule
from locum.domain.schedules.rrule_walk import occurrences

CANDIDATES = 1002
_AROUND = (timedelta(hours=-25), timedelta(0), timedelta(hours=25))
_ZERO = timedelta(0)
_MARGIN = timedelta(days=2)


@lru_cache(maxsize=1024)
def rule_zone(name: str | None) -> tzinfo | None:
    """The zone of that name as dateutil knows it, if it does; UTC without a name."""
    return tz.gettz(name or "UTC")


def rrule_dates(text: str, place: ZoneInfo, *, start: datetime, n: int, end: datetime | None) -> Iterator[datetime]:
    """Fire times from `start` on, at most `n` and none after `end`, in the zone given."""
    begin = start.astimezone(UTC).replace(tzinfo=None)
    stop = end.astimezone(UTC).replace(tzinfo=None) if end else None
    clock = rule_zone(place.key) or UTC
    seen: set[datetime] = set()
    considered = 0
    try:
        for moment in _moments(text, clock, begin, stop):
            if moment < begin:
                continue
            if stop and moment > stop:
                return
            date = moment.replace(tzinfo=UTC).astimezone(place)
            wall = date.replace(tzinfo=None, fold=0)
            if wall not in seen:
                seen.add(wall)
                yield date
            considered += 1
            if len(seen) >= n or considered >= CANDIDATES:
                return
    except ScheduleRefused:
        # Dates that are centuries apart: the first are as good as all.
        if not seen:
            raise


def _moments(text: str, clock: tzinfo, begin: datetime, stop: datetime | None) -> Iterator[datetime]:
    """Moments in UTC from about `begin` until about `stop`."""
    before = stop + _MARGIN if stop and stop.year < 9999 else None
    after = _earliest_reading(clock, begin)
    for reading in occurrences(parse_rrule(text), Budget(), after=after, before=before):
        yield reading - _offset(clock, reading)


def _offset(clock: tzinfo, reading: datetime) -> timedelta:
    return reading.replace(tzinfo=clock).utcoffset() or _ZERO


def _earliest_reading(clock: tzinfo, begin: datetime) -> datetime | None:
    """The earliest wall clock reading that may stand for a moment from `begin` on; None near the limits of time."""
    try:
        return begin + min(_offset(clock, begin + apart) for apart in _AROUND)
    except OverflowError:
        return None


def require_occurrence(text: str, now: datetime) -> None:
    """Refuses a rule that is empty for ever, or cannot tell within its budget when it comes first, or next."""
    recurrence, budget = parse_rrule(text), Budget()
    wall = now.astimezone(UTC).replace(tzinfo=None)
    try:
        ever = next(occurrences(recurrence, budget), None)
        next((reading for reading in occurrences(recurrence, budget, after=wall) if reading >= wall), None)
    except ScheduleRefused:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        # Values out of range (BYHOUR=24, BYEASTER=400) show up on the way only.
        raise ScheduleRefused(f"The schedule cannot be kept: {error}") from error
    if ever is None and _endless(recurrence):
        raise ScheduleRefused("The schedule never has a date")


def _endless(recurrence: Recurrence) -> bool:
    return all(rule.count is None and rule.until is None for rule in recurrence.rules)

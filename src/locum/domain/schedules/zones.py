"""Time zones and their shifts (daylight saving and other changes of the clock)."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones


class Shift(NamedTuple):
    """A moment (in UTC, without zone) at which the clocks of a zone change."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def gap(self) -> timedelta:
        """How far the clocks go forward; negative when they go back."""
        return self.after - self.before


@cache
def zone_names() -> frozenset[str]:
    """The names of all zones known here."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def zone(name: str | None) -> ZoneInfo:
    """The zone of that name; nothing and the empty name mean UTC."""
    return ZoneInfo(name or "UTC")


def offset_at(place: ZoneInfo, moment: datetime) -> timedelta:
    """The zone's offset at a moment given in UTC without zone."""
    return moment.replace(tzinfo=UTC).astimezone(place).replace(tzinfo=None) - moment


@lru_cache(maxsize=8192)
def shifts(place: ZoneInfo, year: int) -> tuple[Shift, ...]:
    """The shifts of a zone in a year of UTC, in order."""
    first, end = datetime(year, 1, 1), datetime(year, 12, 31)  # noqa: DTZ001 (UTC, kept naive for arithmetic)
    found: list[Shift] = []
    day, before = first, offset_at(place, first)
    while day <= end:
        # The last day ends one second early, so that the year 9999 stays within what a datetime can hold.
        after_day = day + timedelta(days=1) if day < end else day + timedelta(seconds=86399)
        after = offset_at(place, after_day)
        if after != before:
            found.append(_narrow(place, day, after_day, before))
        day, before = day + timedelta(days=1) if day < end else end + timedelta(seconds=1), after
    return tuple(found)


def _narrow(place: ZoneInfo, low: datetime, high: datetime, before: timedelta) -> Shift:
    """The second at which the offset stops being `before`, by halving."""
    span = int((high - low).total_seconds())
    start, left, right = low, 0, span
    while right - left > 1:
        middle = (left + right) // 2
        if offset_at(place, start + timedelta(seconds=middle)) == before:
            left = middle
        else:
            right = middle
    at = start + timedelta(seconds=right)
    return Shift(at, before, offset_at(place, at))


def last_shift(place: ZoneInfo, moment: datetime) -> Shift | None:
    """The shift at, or last before, a moment given in UTC without zone, if it was in that year or the one before."""
    for year in (moment.year, moment.year - 1):
        if year < 1:
            break
        for shift in reversed(shifts(place, year)):
            if shift.at <= moment:
                return shift
    return None

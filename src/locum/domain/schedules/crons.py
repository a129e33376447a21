"""Fire times of a cron schedule: matched on the wall clock, each reading counted once.

A reading that comes twice means its first occurrence, one that is skipped moves forward by the gap.
"""

import calendar
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from locum.domain.schedules.cron_fields import LAST, Cron
from locum.domain.schedules.zones import last_shift

CANDIDATES = 1002
YEARS_AHEAD = 50
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_ZERO = timedelta(0)


def cron_dates(
    cron: Cron, day_or: bool, place: ZoneInfo, *, start: datetime, n: int, end: datetime | None
) -> Iterator[datetime]:
    """Fire times from `start` on, at most `n` and none after `end`, in the zone given."""
    local, begin = start.astimezone(place), start.astimezone(UTC)
    stop = end.astimezone(UTC) if end else None
    dates: set[datetime] = set()
    for date in islice(_candidates(cron, day_or, place, local), CANDIDATES):
        moment = date.astimezone(UTC)
        if stop and moment > stop:
            return
        if moment >= begin and moment not in dates:
            dates.add(moment)
            yield moment.astimezone(place)
        if len(dates) >= n:
            return


def _candidates(cron: Cron, day_or: bool, place: ZoneInfo, start: datetime) -> Iterator[datetime]:
    """Moments at or after `start`, give or take those that a shift of the clocks brings out of order."""
    wall = start.replace(tzinfo=None, fold=0)
    floor = wall if wall.microsecond else wall - _SECOND
    moment = start.astimezone(UTC).replace(tzinfo=None)
    shift = last_shift(place, moment)
    since = moment - shift.at if shift else _ZERO
    if shift and since < -shift.gap:
        # Inside the repeated hour: its readings have been, the next one to count comes after it.
        floor = shift.at + shift.before - _SECOND
    ahead = (_first_occurrence(reading, place) for reading in readings(cron, day_or, floor))
    if shift and since < shift.gap:
        # Right after skipped time: what was moved forward out of it may still be to come.
        closing = shift.at + shift.after
        skipped = takewhile(lambda reading: reading < closing, readings(cron, day_or, floor - shift.gap))
        return merge((_first_occurrence(reading, place) for reading in skipped), ahead)
    return ahead


def _first_occurrence(reading: datetime, place: ZoneInfo) -> datetime:
    return reading.replace(tzinfo=place).astimezone(UTC)


def readings(cron: Cron, day_or: bool, after: datetime) -> Iterator[datetime]:
    """All wall clock readings after one that match, until there is none within fifty years of the last."""
    reading: datetime | None = after
    while (reading := next_reading(cron, day_or, reading)) is not None:
        yield reading


def next_reading(cron: Cron, day_or: bool, after: datetime) -> datetime | None:
    """The first wall clock reading after one that matches; None if there is none within fifty years."""
    if day_or and cron.days is not None and cron.weekdays is not None:
        either = (_next(cron, cron.days, None, after), _next(cron, None, cron.weekdays, after))
        return min((reading for reading in either if reading), default=None)
    return _next(cron, cron.days, cron.weekdays, after)


def _next(
    cron: Cron, days: tuple[int, ...] | None, weekdays: tuple[int, ...] | None, after: datetime
) -> datetime | None:
    try:
        reading = after.replace(microsecond=0) + (_SECOND if cron.by_seconds else timedelta(minutes=1))
        if not cron.by_seconds:
            reading = reading.replace(second=0)
        limit = reading.year + YEARS_AHEAD
        while reading.year <= limit:
            later = _move(cron, days, weekdays, reading)
            if later is None or later == reading:
                return later
            reading = later
    except (OverflowError, ValueError):
        # Past the year 9999.
        return None
    return None


def _move(
    cron: Cron, days: tuple[int, ...] | None, weekdays: tuple[int, ...] | None, reading: datetime
) -> datetime | None:
    """The reading itself if it matches, else one further on before which nothing matches; None if nothing can."""
    if cron.years is not None and reading.year not in cron.years:
        index = bisect_left(cron.years, reading.year)
        return datetime(cron.years[index], 1, 1) if index < len(cron.years) else None  # noqa: DTZ001 (a wall clock)
    if cron.months is not None and reading.month not in cron.months:
        month = _next_in(cron.months, reading.month)
        return datetime(reading.year + (month < reading.month), month, 1)  # noqa: DTZ001 (a wall clock)
    ahead = _days_ahead(cron, days, weekdays, reading)
    if ahead:
        return _midnight(reading) + ahead * _DAY
    if cron.hours is not None and reading.hour not in cron.hours:
        hour = _next_in(cron.hours, reading.hour)
        return _midnight(reading).replace(hour=hour) + (_DAY if hour < reading.hour else _ZERO)
    if cron.minutes is not None and reading.minute not in cron.minutes:
        minute = _next_in(cron.minutes, reading.minute)
        carry = timedelta(hours=minute < reading.minute)
        return reading.replace(minute=minute, second=0) + carry
    if cron.seconds is not None and reading.second not in cron.seconds:
        second = _next_in(cron.seconds, reading.second)
        return reading.replace(second=second) + timedelta(minutes=second < reading.second)
    return reading


def _next_in(values: tuple[int, ...], value: int) -> int:
    """The first of the values that is not below one, else the first of all."""
    index = bisect_left(values, value)
    return values[index if index < len(values) else 0]


def _midnight(reading: datetime) -> datetime:
    return reading.replace(hour=0, minute=0, second=0)


def _days_ahead(cron: Cron, days: tuple[int, ...] | None, weekdays: tuple[int, ...] | None, reading: datetime) -> int:
    """How many days to go on: 0 if this day matches."""
    length = calendar.monthrange(reading.year, reading.month)[1]
    ahead = _to_day_of_month(days, reading.day, length) if days is not None else 0
    if ahead:
        return ahead
    if cron.nth:
        return _to_nth_weekday(cron.nth, reading, length)
    if weekdays is not None:
        weekday = reading.isoweekday() % 7
        return (_next_in(weekdays, weekday) - weekday) % 7
    return 0


def _to_day_of_month(days: tuple[int, ...], day: int, length: int) -> int:
    """Days until one of the days of the month.

    Quirk of the peer: a day that the month lacks counts on into the next month, past days that would match there
    (`*/5` in a February of 28 days goes from the 27th to March 3rd, the 31st of February).
    """
    if days[-1] == LAST and day == length:
        return 0
    for wanted in days:
        target = length if wanted == LAST else wanted
        if target >= day:
            return target - day
    return days[0] - day + length


def _to_nth_weekday(nth: tuple[tuple[int, int], ...], reading: datetime, length: int) -> int:
    """Days until an nth (or last) weekday of this month, or to the next month if there is no more."""
    first_weekday = (reading.isoweekday() - (reading.day - 1)) % 7
    candidates: list[int] = []
    for weekday, which in nth:
        first = 1 + (weekday - first_weekday) % 7
        day = first + (length - first) // 7 * 7 if which == LAST else first + (which - 1) * 7
        if reading.day <= day <= length:
            candidates.append(day)
    return min(candidates, default=length + 1) - reading.day

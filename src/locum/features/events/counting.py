"""Counts of events: what an interval is, and which there are."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from locum.domain.errors import Invalid
from locum.features.events.schemas import Countable, EventCount, TimeUnit
from locum.features.events.store import counting
from locum.filters.events import EventFilter
from locum.infra.db import Executor

_PIVOT = datetime(2024, 4, 1, tzinfo=UTC)
"""A Monday before anything happened; intervals are counted from here."""

_MOST = 1000
_LENGTHS = {
    TimeUnit.week: timedelta(weeks=1),
    TimeUnit.day: timedelta(days=1),
    TimeUnit.hour: timedelta(hours=1),
    TimeUnit.minute: timedelta(minutes=1),
    TimeUnit.second: timedelta(seconds=1),
}
_TICK = timedelta(microseconds=1)


async def count(
    db: Executor, wanted: EventFilter, by: Countable, unit: TimeUnit, interval: float, now: datetime
) -> list[EventCount]:
    """The counts. Raises Invalid for more than 1000 intervals, and for one that reaches beyond the calendar."""
    try:
        return await _count(db, wanted, by, unit, interval, now)
    except OverflowError as error:
        raise Invalid("The given interval reaches beyond the year 9999. Please reduce it.") from error


async def _count(
    db: Executor, wanted: EventFilter, by: Countable, unit: TimeUnit, interval: float, now: datetime
) -> list[EventCount]:
    length = _LENGTHS[unit] * interval
    number = math.ceil((wanted.occurred.until - wanted.occurred.since) / length)
    if number > _MOST:
        raise Invalid(
            f"The given interval would create {number} buckets, which is too many. Please increase the interval or "
            f"reduce the time range to produce {_MOST} buckets or fewer."
        )
    if by in {Countable.day, Countable.time}:
        length = _LENGTHS[TimeUnit.day] if by is Countable.day else length
        return await _by_interval(db, wanted, unit, length, now)
    find = counting.by_name if by is Countable.event else counting.by_resource
    return [EventCount.model_validate(dict(row)) for row in await find(db, wanted)]


async def _by_interval(
    db: Executor, wanted: EventFilter, unit: TimeUnit, length: timedelta, now: datetime
) -> list[EventCount]:
    counts = await counting.by_interval(db, wanted, _PIVOT, length)
    return [
        EventCount(
            value=str(index),
            label=start.isoformat(),
            count=counts.get(number, 0),
            start_time=start,
            end_time=start + length - _TICK,
        )
        for index, (number, start) in enumerate(_intervals(wanted, unit, length, now))
    ]


def _intervals(wanted: EventFilter, unit: TimeUnit, length: timedelta, now: datetime) -> Iterator[tuple[int, datetime]]:
    """The numbers and beginnings of the intervals, up to the end of the present unit of time."""
    until = wanted.occurred.until
    if until > now:
        present = (now - _PIVOT) // _LENGTHS[unit]
        until = _PIVOT + _LENGTHS[unit] * (present + 1) - _TICK
    number = math.floor((wanted.occurred.since - _PIVOT) / length)
    for offset in range(_MOST + 1):
        start = _PIVOT + length * (number + offset)
        if start >= until:
            return
        yield number + offset, start

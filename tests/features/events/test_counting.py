"""Counts by time: every event is counted in the interval that holds it, wherever the interval begins."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from locum.domain.ids import new_id
from locum.features.events.counting import count
from locum.features.events.emit import Announcement, emit
from locum.features.events.schemas import Countable, TimeUnit
from locum.filters.events import EventFilter, EventOccurredFilter
from locum.infra.db import Db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PIVOT = datetime(2024, 4, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UNITS = {
    TimeUnit.second: timedelta(seconds=1),
    TimeUnit.minute: timedelta(minutes=1),
    TimeUnit.week: timedelta(weeks=1),
}


class _Undo(Exception):
    """Ends a transaction without committing it."""


@settings(max_examples=60)
@given(
    unit=st.sampled_from(list(UNITS)),
    interval=st.one_of(st.sampled_from([0.07, 0.06, 7.3, 1.0, 400.0]), st.floats(0.01, 400)),
    wide=st.integers(0, 40),
    places=st.lists(st.tuples(st.integers(0, 40), st.sampled_from([-1, 0, 1])), max_size=8),
    before=st.sampled_from([NOW, PIVOT + timedelta(minutes=1), PIVOT - timedelta(days=400)]),
)
async def test_each_in_its_interval(
    shared_db: Db, unit: TimeUnit, interval: float, wide: int, places: list[tuple[int, int]], before: datetime
):
    length = UNITS[unit] * interval
    since = PIVOT + length * ((before - PIVOT) // length - wide)
    until = min(since + length * wide, NOW)
    moments = [since + length * place + MICROSECOND * shift for place, shift in places]
    expected = [0] * wide
    for moment in moments:
        if since <= moment < until:
            expected[(moment - since) // length] += 1
    filter_ = EventFilter(occurred=EventOccurredFilter(since=since, until=until - MICROSECOND))
    counts = list[int]()
    try:
        async with shared_db.tx() as tx:
            for moment in moments:
                await emit(tx, Announcement(str(new_id()), moment, {"prefect.resource.id": "thing"}))
            found = await count(tx, filter_, Countable.time, unit, interval, NOW)
            counts = [each.count for each in found]
            assert [each.start_time for each in found] == [since + length * number for number in range(len(found))]
            assert all(each.end_time == each.start_time + length - MICROSECOND for each in found)
            raise _Undo  # noqa: TRY301
    except _Undo:
        pass
    assert counts == expected[: len(counts)]
    assert sum(counts) == sum(expected)

"""Partitions by time: made ahead, moved into, dropped when past their time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import dates, sampled_from
from sqlalchemy import insert, select, text

from locum.domain.ids import new_id
from locum.infra.db import Db
from locum.infra.partitions import Partitions, Period
from locum.tables.events import event
from locum.tables.logs import log

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEEP = timedelta(days=7)
PLACES = text("SELECT tableoid::regclass::text AS place, timestamp FROM log ORDER BY timestamp")


@pytest.fixture
def days() -> Partitions:
    return Partitions(log, "timestamp", KEEP, ahead=2)


async def write(db: Db, *moments: datetime) -> None:
    for moment in moments:
        await db.run(insert(log).values(id=new_id(), timestamp=moment, name="n", level=20, message="m"))


async def places(db: Db) -> list[str]:
    return [row["place"] for row in await db.rows(PLACES)]


class TestDays:
    async def test_are_made_ahead(self, own_db: Db, days: Partitions):
        await days.run_once(own_db, NOON)
        await write(own_db, *(NOON + timedelta(days=n) for n in (-2, -1, 0, 2, 3)))
        assert await places(own_db) == ["log_default", "log_20260309", "log_20260310", "log_20260312", "log_default"]

    async def test_begin_and_end_at_midnight_in_utc(self, own_db: Db, days: Partitions):
        await days.run_once(own_db, NOON)
        midnight = NOON.replace(hour=0)
        await write(own_db, midnight - timedelta(microseconds=1), midnight)
        assert await places(own_db) == ["log_20260309", "log_20260310"]

    async def test_take_in_what_came_before_them(self, own_db: Db, days: Partitions):
        await write(own_db, NOON)
        await days.run_once(own_db, NOON)
        assert await places(own_db) == ["log_20260310"]

    async def test_a_second_turn_finds_nothing_to_do(self, own_db: Db, days: Partitions):
        assert (await days.run_once(own_db, NOON)).done == 4
        assert (await days.run_once(own_db, NOON)).done == 0

    async def test_past_their_time_are_dropped(self, own_db: Db, days: Partitions):
        await days.run_once(own_db, NOON)
        await write(own_db, NOON, NOON - timedelta(days=20), NOON + timedelta(days=365))
        await days.run_once(own_db, NOON + KEEP)
        assert await places(own_db) == ["log_20260310", "log_default"]
        await days.run_once(own_db, NOON + KEEP + timedelta(days=1))
        assert await places(own_db) == ["log_default"]

    async def test_of_events_keep_their_numbers(self, own_db: Db):
        await Partitions(event, "occurred", KEEP).run_once(own_db, NOON)
        for _ in range(2):
            values = {"event": "e", "resource_id": "r", "resource": "{}"}
            await own_db.run(insert(event).values(id=new_id(), occurred=NOON, **values))
        numbers = [row["seq"] for row in await own_db.rows(select(event.c.seq))]
        assert len(set(numbers)) == 2


class TestMonths:
    """Where nothing is dropped, partitions are few."""

    async def test_are_made_ahead(self, own_db: Db):
        months = Partitions(log, "timestamp", None)
        assert (await months.run_once(own_db, datetime(2026, 2, 26, 12, tzinfo=UTC))).done == 2
        await write(own_db, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, tzinfo=UTC))
        assert await places(own_db) == ["log_202602", "log_202603"]
        assert (await months.run_once(own_db, datetime(2026, 3, 2, tzinfo=UTC))).done == 0

    async def test_follow_the_days_that_were_made_before_them(self, own_db: Db, days: Partitions):
        last = datetime(2026, 3, 29, 12, tzinfo=UTC)
        await days.run_once(own_db, last)
        await Partitions(log, "timestamp", None).run_once(own_db, last)
        await write(own_db, *(last + timedelta(days=n) for n in (2, 3)))
        assert await places(own_db) == ["log_20260331", "log_202604"]

    async def test_are_dropped_when_their_last_day_is_past_its_time(self, own_db: Db, days: Partitions):
        await Partitions(log, "timestamp", None).run_once(own_db, NOON)
        await write(own_db, NOON)
        await days.run_once(own_db, datetime(2026, 4, 7, 23, tzinfo=UTC))
        assert await places(own_db) == ["log_202603"]
        await days.run_once(own_db, datetime(2026, 4, 8, tzinfo=UTC))
        assert await places(own_db) == []

    @given(dates(date(1970, 1, 1), date(9000, 1, 1)), sampled_from([Period.of_day, Period.of_month]))
    def test_are_known_by_their_names(self, day: date, of: Callable[[date], Period]):
        period = of(day)
        assert period.holds(day)
        assert Period.named(period.name) == period
        assert not period.holds(period.end)

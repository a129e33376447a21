"""Daily partitions: made ahead, moved into, dropped when past their time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from locum.domain.ids import new_id
from locum.infra.db import Db
from locum.infra.partitions import DailyPartitions
from locum.tables.events import event
from locum.tables.logs import log

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEEP = timedelta(days=7)
PLACES = text("SELECT tableoid::regclass::text AS place, timestamp FROM log ORDER BY timestamp")


@pytest.fixture
def days() -> DailyPartitions:
    return DailyPartitions(log, "timestamp", KEEP, ahead=2)


async def write(db: Db, *moments: datetime) -> None:
    for moment in moments:
        await db.run(insert(log).values(id=new_id(), timestamp=moment, name="n", level=20, message="m"))


async def places(db: Db) -> list[str]:
    return [row["place"] for row in await db.rows(PLACES)]


class TestDays:
    async def test_are_made_ahead(self, own_db: Db, days: DailyPartitions):
        await days.run_once(own_db, NOON)
        await write(own_db, *(NOON + timedelta(days=n) for n in (-2, -1, 0, 2, 3)))
        assert await places(own_db) == ["log_default", "log_20260309", "log_20260310", "log_20260312", "log_default"]

    async def test_begin_and_end_at_midnight_in_utc(self, own_db: Db, days: DailyPartitions):
        await days.run_once(own_db, NOON)
        midnight = NOON.replace(hour=0)
        await write(own_db, midnight - timedelta(microseconds=1), midnight)
        assert await places(own_db) == ["log_20260309", "log_20260310"]

    async def test_take_in_what_came_before_them(self, own_db: Db, days: DailyPartitions):
        await write(own_db, NOON)
        await days.run_once(own_db, NOON)
        assert await places(own_db) == ["log_20260310"]

    async def test_a_second_turn_finds_nothing_to_do(self, own_db: Db, days: DailyPartitions):
        assert (await days.run_once(own_db, NOON)).done == 4
        assert (await days.run_once(own_db, NOON)).done == 0

    async def test_past_their_time_are_dropped(self, own_db: Db, days: DailyPartitions):
        await days.run_once(own_db, NOON)
        await write(own_db, NOON, NOON - timedelta(days=20), NOON + timedelta(days=365))
        await days.run_once(own_db, NOON + KEEP)
        assert await places(own_db) == ["log_20260310", "log_default"]
        await days.run_once(own_db, NOON + KEEP + timedelta(days=1))
        assert await places(own_db) == ["log_default"]

    async def test_of_events_keep_their_numbers(self, own_db: Db):
        await DailyPartitions(event, "occurred", KEEP).run_once(own_db, NOON)
        for _ in range(2):
            values = {"event": "e", "resource_id": "r", "resource": "{}"}
            await own_db.run(insert(event).values(id=new_id(), occurred=NOON, **values))
        numbers = [row["seq"] for row in await own_db.rows(select(event.c.seq))]
        assert len(set(numbers)) == 2

"""How long events are kept: all for one time, and some kinds for less."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from locum.domain.ids import new_id
from locum.features.events.loops import ShortLived, backgrounds
from locum.features.events.store import pruning
from locum.infra.db import Db
from locum.infra.partitions import Partitions
from locum.infra.settings import read_settings
from locum.tables.events import event

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


async def write(db: Db, kind: str, *hours_ago: int) -> None:
    for hours in hours_ago:
        values = {"event": kind, "resource_id": "r", "resource": "{}", "occurred": NOON - timedelta(hours=hours)}
        await db.run(insert(event).values(id=new_id(), **values))


async def left(db: Db) -> list[tuple[str, float]]:
    rows = await db.rows(select(event.c.event, event.c.occurred).order_by(event.c.event, event.c.occurred.desc()))
    return [(row["event"], (NOON - row["occurred"]) / timedelta(hours=1)) for row in rows]


class TestShortLived:
    async def test_only_those_kinds_and_only_when_past_their_time(self, db: Db):
        await write(db, "beat", 0, 23, 25, 100)
        await write(db, "other", 0, 100)
        loop = ShortLived({"beat": timedelta(days=1), "none": timedelta()})
        report = await loop.run_once(db, NOON)
        assert (report.done, report.full) == (2, False)
        assert await left(db) == [("beat", 0), ("beat", 23), ("other", 0), ("other", 100)]

    async def test_by_the_batch(self, db: Db, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(pruning, "BATCH", 2)
        await write(db, "beat", 1, 2, 3)
        loop = ShortLived({"beat": timedelta()})
        assert (await loop.run_once(db, NOON)).full
        assert await left(db) == [("beat", 1)]
        assert not (await loop.run_once(db, NOON)).full
        assert await left(db) == []


class TestSettings:
    def _loops(self, **environment: str) -> tuple[Any, Any]:
        partitions, short_lived = (background.loop for background in backgrounds(read_settings(environment)))
        return partitions, short_lived

    def test_by_default_a_week(self):
        partitions, short_lived = self._loops()
        assert isinstance(partitions, Partitions)
        assert partitions.keep == timedelta(days=7)
        assert short_lived.keep == {}

    def test_overrides_shorten(self):
        overrides = '{"prefect.flow-run.heartbeat": 3600, "kept.longer": 9000000}'
        _, short_lived = self._loops(PREFECT_SERVER_SERVICES_DB_VACUUM_EVENT_RETENTION_OVERRIDES=overrides)
        assert short_lived.keep == {"prefect.flow-run.heartbeat": timedelta(hours=1)}

    def test_nothing_goes_where_the_vacuum_leaves_events(self):
        partitions, short_lived = self._loops(PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED="flow_runs")
        assert (partitions.keep, short_lived.keep) == (None, {})

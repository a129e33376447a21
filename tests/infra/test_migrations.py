"""Migrating: once however many try, and not past what this code knows."""

import asyncio

import pytest
from sqlalchemy import text

from locum.infra.migrations import upgrade
from locum.infra.postgres import DatabaseProblem
from locum.infra.revision import current_revision, drop_tables
from locum.infra.settings import Settings
from locum.tables import metadata
from locum.tables.migrations import HEAD, LOCATION
from tests import databases


class TestUpgrade:
    async def test_replicas_may_start_at_once(self, empty_url: str, settings: Settings):
        assert await current_revision(empty_url) is None
        done = await asyncio.gather(*(upgrade(settings, empty_url, LOCATION) for _ in range(4)))
        assert sorted(str(one.before) for one in done) == [HEAD, HEAD, HEAD, "None"]
        assert await current_revision(empty_url) == HEAD

    async def test_a_database_of_a_newer_locum_is_left_alone(self, own_url: str, settings: Settings):
        async with databases.pool(own_url) as db:
            await db.run(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(DatabaseProblem, match="revision 9999, which this locum does not know"):
            await upgrade(settings, own_url, LOCATION)

    async def test_reset_leaves_other_tables(self, own_url: str, settings: Settings):
        async with databases.pool(own_url) as db:
            await db.run(text("CREATE TABLE theirs (x int)"))
            await drop_tables(own_url, [*metadata.tables, "alembic_version"])
            assert await current_revision(own_url) is None
            await upgrade(settings, own_url, LOCATION)
            assert await db.value(text("SELECT to_regclass('theirs')::text")) == "theirs"

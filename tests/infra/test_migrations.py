"""Migrating: once however many try, and not past what this code knows."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from locum.infra.migrations import upgrade
from locum.infra.postgres import DatabaseProblem
from locum.infra.revision import current_revision, drop_tables
from locum.infra.settings import Settings
from locum.tables import metadata
from locum.tables.migrations import HEAD, LOCATION
from tests import databases

FIRST = "0001"
ROWS = Path(__file__).parent / "rows_of_the_first_release.sql"
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


async def rows_of(connection: Any) -> dict[str, list[dict[str, Any]]]:
    """What every table holds, by the names of its columns."""
    tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    found: dict[str, list[dict[str, Any]]] = {}
    for (name,) in await connection.fetch(f"{tables} AND NOT relispartition AND relname <> 'alembic_version'"):
        rows = await connection.fetch(f'SELECT to_jsonb(t)::text FROM "{name}" t')
        if rows:
            found[name] = [json.loads(row[0]) for row in rows]
    return found


class TestUpgrade:
    async def test_replicas_may_start_at_once(self, empty_url: str, settings: Settings):
        assert await current_revision(empty_url) is None
        done = await asyncio.gather(*(upgrade(settings, empty_url, LOCATION) for _ in range(4)))
        assert sorted(str(one.before) for one in done) == [HEAD, HEAD, HEAD, "None"]
        assert await current_revision(empty_url) == HEAD

    async def test_a_database_of_the_first_release_keeps_its_rows(self, empty_url: str, settings: Settings):
        await upgrade(settings, empty_url, LOCATION, FIRST)
        connection = await databases.connect(empty_url)
        try:
            await connection.execute(ROWS.read_text(encoding="utf-8"))
            before = await rows_of(connection)
            done = await asyncio.gather(*(upgrade(settings, empty_url, LOCATION) for _ in range(2)))
            assert sorted(one.before for one in done if one.before) == [FIRST, HEAD], "it was migrated once"
            after = await rows_of(connection)
        finally:
            await connection.close()
        assert len(before) == len(re.findall("^INSERT", ROWS.read_text(encoding="utf-8"), re.MULTILINE))
        for table, rows in before.items():
            kept = [{column: row[column] for column in rows[0]} for row in after[table]]
            assert sorted(map(str, kept)) == sorted(map(str, rows)), table

    @pytest.mark.parametrize(("first", "then"), [("task_run", "flow_run"), ("flow_run", "task_run")])
    async def test_a_server_that_still_runs_ends_its_transaction(
        self, empty_url: str, settings: Settings, first: str, then: str
    ):
        await upgrade(settings, empty_url, LOCATION, FIRST)
        async with databases.pool(empty_url) as db:
            async with db.tx() as tx:
                await tx.run(text(f"SELECT FROM {first}"))
                upgrading = asyncio.create_task(upgrade(settings, empty_url, LOCATION))
                async with asyncio.timeout(5):
                    while not await db.value(WAITING):
                        await asyncio.sleep(0)
                await tx.run(text(f"SELECT FROM {then}"))
            assert (await upgrading).after == HEAD

    async def test_a_database_of_a_newer_locum_is_left_alone(self, own_url: str, settings: Settings):
        async with databases.pool(own_url) as db:
            await db.run(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(DatabaseProblem, match="revision 9999, which this locum does not know"):
            await upgrade(settings, own_url, LOCATION)

    async def test_who_may_not_add_extensions_goes_without(
        self, empty_url: str, settings: Settings, caplog: pytest.LogCaptureFixture
    ):
        owner = await databases.connect(empty_url)
        try:
            await owner.execute(
                "DROP ROLE IF EXISTS tenant; CREATE ROLE tenant LOGIN; GRANT ALL ON SCHEMA public TO tenant"
            )
            await upgrade(settings, empty_url.replace("//locum@", "//tenant@"), LOCATION)
            assert "without the extension pg_trgm (permission denied" in caplog.text
            assert await owner.fetchval("SELECT to_regclass('ix_flow_run__tags')::text") == "ix_flow_run__tags"
            assert await owner.fetchval("SELECT to_regclass('ix_flow_run__name_trigrams')") is None
        finally:
            await owner.execute("DROP OWNED BY tenant; DROP ROLE tenant")
            await owner.close()

    async def test_extensions_may_lie_where_nobody_looks(self, empty_url: str, settings: Settings):
        owner = await databases.connect(empty_url)
        try:
            await owner.execute("CREATE SCHEMA extensions; CREATE EXTENSION pg_trgm SCHEMA extensions")
            await upgrade(settings, empty_url, LOCATION)
            made = await owner.fetchval("SELECT pg_get_indexdef('ix_flow_run__name_trigrams'::regclass)")
            assert made.endswith("USING gin (name extensions.gin_trgm_ops)")
        finally:
            await owner.close()

    async def test_reset_leaves_other_tables(self, own_url: str, settings: Settings):
        async with databases.pool(own_url) as db:
            await db.run(text("CREATE TABLE theirs (x int)"))
            await drop_tables(own_url, [*metadata.tables, "alembic_version"])
            assert await current_revision(own_url) is None
            await upgrade(settings, own_url, LOCATION)
            assert await db.value(text("SELECT to_regclass('theirs')::text")) == "theirs"

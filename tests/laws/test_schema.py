"""Law 14: migrations build exactly the tables that the code declares."""

from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from locum.infra.db import Db
from locum.tables import metadata
from locum.tables.migrations import HEAD, LOCATION
from tests import databases

COLUMNS = text("""
    SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type,
           a.attnotnull AS needed, a.attidentity::text AS identity, a.attgenerated::text AS generated,
           pg_get_expr(d.adbin, d.adrelid) AS "default"
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname <> 'alembic_version'
""")
INDEXES = text("""
    SELECT pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'alembic_version'
""")
CONSTRAINTS = text("""
    SELECT c.relname AS "table", k.conname AS name, pg_get_constraintdef(k.oid) AS definition
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND k.contype <> 'n'
      AND c.relname <> 'alembic_version'
""")
TABLES = text("""
    SELECT c.relname AS "table", pg_get_partkeydef(c.oid) AS partitioned, c.reloptions AS options
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname <> 'alembic_version'
""")


async def described(db: Db) -> dict[str, set[tuple[Any, ...]]]:
    found: dict[str, set[tuple[Any, ...]]] = {}
    for name, statement in {
        "columns": COLUMNS,
        "indexes": INDEXES,
        "constraints": CONSTRAINTS,
        "tables": TABLES,
    }.items():
        found[name] = {tuple(map(str, row.values())) for row in await db.rows(statement)}
    return found


async def test_migrations_build_exactly_the_tables(own_db: Db, empty_url: str):
    engine = create_async_engine(empty_url.replace("postgresql:", "postgresql+asyncpg:", 1))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE EXTENSION pg_trgm"))
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    async with databases.pool(empty_url) as declared_db:
        declared, migrated = await described(declared_db), await described(own_db)
    for name, things in declared.items():
        assert migrated[name] - things == set(), f"{name} that only the migrations make"
        assert things - migrated[name] == set(), f"{name} that no migration makes (`make migration` drafts one)"


async def test_partitions_catch_what_fits_no_day(own_db: Db):
    rows = await own_db.rows(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"))
    assert {"event_default", "log_default"} <= {row["relname"] for row in rows}


def test_the_head_is_told_right():
    config = Config()
    config.set_main_option("script_location", str(LOCATION))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]

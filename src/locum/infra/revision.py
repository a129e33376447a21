"""Asks which revision the schema is at, in one statement, without loading alembic."""

from typing import Any, cast

import asyncpg

_connect = cast("Any", asyncpg).connect  # asyncpg ships no types


async def current_revision(url: str, *, search_path: str | None = None) -> str | None:
    """The revision, or None where no migration ever ran."""
    session = {"search_path": search_path} if search_path else {}
    connection = await _connect(url, timeout=30, statement_cache_size=0, server_settings=session)
    try:
        return cast("str | None", await connection.fetchval("SELECT version_num FROM alembic_version"))
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()


async def drop_tables(url: str, names: list[str]) -> None:
    """Drop these tables, with what depends on them, in one transaction."""
    connection = await _connect(url, timeout=30, statement_cache_size=0)
    try:
        quoted = ", ".join(f'"{name}"' for name in names)
        await connection.execute(f"DROP TABLE IF EXISTS {quoted} CASCADE")
    finally:
        await connection.close()

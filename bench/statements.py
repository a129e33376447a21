"""How many statements a database has run, from its own counters."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self, cast

import asyncpg

EXACT = """
    select coalesce(sum(s.calls), 0)::bigint from pg_stat_statements s
    join pg_database d on d.oid = s.dbid and d.datname = current_database()
"""
COARSE = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"


CONNECT = cast("Callable[[str], Awaitable[_Connection]]", vars(asyncpg)["connect"])  # it ships no types


class _Connection(Protocol):
    async def fetchval(self, query: str) -> Any: ...
    async def execute(self, query: str) -> str: ...
    async def close(self) -> None: ...


class Statements:
    """A counter on one database: statements by pg_stat_statements, or transactions where that is not loaded.

    What is asked here is not counted. PostgreSQL reports transactions about a second late: take them as a rough guide.
    """

    def __init__(self, dsn: str | None) -> None:
        self._dsn = dsn
        self._connection: _Connection | None = None
        self._own = 0
        self.unit = ""

    async def __aenter__(self) -> Self:
        """Connect, and see which counter there is."""
        if self._dsn:
            self._connection = await CONNECT(self._dsn)
            loaded = await self._connection.fetchval("show shared_preload_libraries")
            if "pg_stat_statements" in str(loaded):
                await self._connection.execute("create extension if not exists pg_stat_statements")
                self.unit = "statements"
            else:
                self.unit = "transactions"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect."""
        if self._connection:
            await self._connection.close()

    async def count(self) -> int:
        """The count so far, less what was asked here."""
        if not self._connection:
            return 0
        counted = int(await self._connection.fetchval(EXACT if self.unit == "statements" else COARSE)) - self._own
        self._own += 1
        return counted

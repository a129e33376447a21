"""Lists, counts and pages of one table: the statements are built once per shape of filter and sort."""

import asyncio
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table

from locum.filters.body import pages_of
from locum.filters.sorting import Sort
from locum.filters.statements import Clauses, Restriction, Shaped, count_of, page_of
from locum.infra.db import Db, Executor, json_list


class OffsetBody(Protocol):
    """A body that asks for rows from an offset on."""

    def restriction(self) -> Restriction:
        """What its filters ask for."""
        ...

    def limit_within(self, default: int) -> int:
        """How many at most."""
        ...

    @property
    def start(self) -> int:
        """How many to pass over."""
        ...


class PageBody(Protocol):
    """A body that asks for a page by its number."""

    page: int

    def restriction(self) -> Restriction:
        """What its filters ask for."""
        ...

    def limit_within(self, default: int) -> int:
        """How many at most."""
        ...

    def start(self, limit: int) -> int:
        """How many to pass over."""
        ...


class Listing:
    """How one resource is listed: its table, and a row as it is answered."""

    def __init__(self, table: Table, projection: ColumnElement[str]) -> None:
        """Nothing is compiled before it is asked for."""
        self._table = table
        self._projection = projection
        self._page = Shaped(self._build_page)
        self._count = Shaped(self._build_count)
        self._ids = Shaped(self._build_ids)

    async def read(self, ex: Executor, body: OffsetBody, sort: Sort, default_limit: int) -> bytes:
        """The rows wanted as a JSON array. Raises Invalid for a limit out of bounds."""
        return await self.rows(ex, body.restriction(), sort, body.limit_within(default_limit), body.start)

    async def rows(self, ex: Executor, restriction: Restriction, sort: Sort, limit: int, offset: int) -> bytes:
        """Some rows as a JSON array."""
        statement, values = self._page(restriction, sort)
        found: bytes = await ex.value(statement, **values, limit=limit, offset=offset)
        return found

    async def count(self, ex: Executor, restriction: Restriction) -> int:
        """How many rows are wanted."""
        statement, values = self._count(restriction)
        found: int = await ex.value(statement, **values)
        return found

    async def paginate(self, db: Db, body: PageBody, sort: Sort, default_limit: int) -> bytes:
        """A page with its counts as a JSON object. Raises Invalid for a limit out of bounds."""
        limit = body.limit_within(default_limit)
        restriction = body.restriction()
        results, count = await asyncio.gather(
            self.rows(db, restriction, sort, limit, body.start(limit)), self.count(db, restriction)
        )
        tail = f',"count":{count},"limit":{limit},"pages":{pages_of(count, limit)},"page":{body.page}}}'
        return b'{"results":' + results + tail.encode()

    async def ids(self, ex: Executor, restriction: Restriction, sort: Sort, limit: int) -> list[UUID]:
        """The ids of the first rows wanted."""
        statement, values = self._ids(restriction, sort)
        return [row["id"] for row in await ex.rows(statement, **values, limit=limit, offset=0)]

    def _build_page(self, clauses: Clauses, sort: Sort) -> Select[bytes]:
        return json_list(self._projection, page_of(self._table, clauses, sort.order), self._table)

    def _build_count(self, clauses: Clauses) -> Select[int]:
        return count_of(self._table, clauses)

    def _build_ids(self, clauses: Clauses, sort: Sort) -> Select[UUID]:
        return page_of(self._table, clauses, sort.order).with_only_columns(self._table.c.id)

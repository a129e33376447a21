"""Rows given to a statement arrive as they were given."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, Integer, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from locum.infra.db import Db, GivenRows, prepare

THINGS = GivenRows(
    "thing",
    {
        "id": Uuid(),
        "at": TIMESTAMP(timezone=True),
        "size": Integer(),
        "name": Text(),
        "more": JSON(),
        "tags": JSONB(),
    },
)
READ = prepare(select(*(value.label(name) for name, value in THINGS.c.items())).select_from(THINGS.source))


def thing(number: int, name: str | None, more: str | None = '{"a":  1}') -> dict[str, object]:
    at = datetime(2026, 1, 1, number, tzinfo=UTC)
    return {"id": UUID(int=number), "at": at, "size": number, "name": name, "more": more, "tags": '["x"]'}


async def test_rows_come_back(db: Db):
    rows = [thing(1, "one"), thing(2, None, None), thing(3, "")]
    assert [dict(row) for row in await db.rows(READ, **THINGS.values(rows))] == rows


async def test_columns_that_are_not_asked_for_are_left_out(db: Db):
    rows = await db.rows(READ, **THINGS.values([{**thing(1, "one"), "other": uuid4()}]))
    assert [dict(row) for row in rows] == [thing(1, "one")]


async def test_no_rows(db: Db):
    assert await db.rows(READ, **THINGS.values([])) == []

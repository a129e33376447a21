"""Rows that PostgreSQL itself writes as JSON."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    insert,
    literal_column,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.schema import CreateTable

from locum.domain.moments import as_utc
from locum.infra.db import Tx, dump_json, json_array_of, json_list, json_object, prepare, select_page

_INSTANT = TIMESTAMP(timezone=True)
_META = MetaData()
thing = Table(
    "thing",
    _META,
    Column("id", Uuid, primary_key=True),
    Column("needed_text", Text, nullable=False),
    Column("text", Text),
    Column("small", SmallInteger),
    Column("number", Integer),
    Column("ratio", Float(53)),
    Column("yes", Boolean),
    Column("moment", _INSTANT),
    Column("needed_moment", _INSTANT, nullable=False),
    Column("uuid", Uuid),
    Column("verbatim", JSON),
    Column("binary", JSONB),
    Column("names", ARRAY(Text)),
)
part = Table(
    "part",
    _META,
    Column("id", Integer, primary_key=True),
    Column("thing_id", Uuid),
    Column("name", Text, nullable=False),
)
PROJECTION = json_object(thing, {column.name: column for column in thing.c})
PART = json_object(part, {"id": part.c.id, "name": part.c.name})
_LIST = prepare(json_list(PROJECTION, select_page(thing).order_by(thing.c.number, thing.c.id), thing))
_ONE = prepare(select(PROJECTION).select_from(thing))

ID = UUID("00000000-0000-7000-8000-000000000001")
MOMENT = datetime(2026, 11, 22, 12, 0, 0, 5, tzinfo=UTC)
NULLS = dict.fromkeys(column.name for column in thing.c if column.nullable)
NEEDED = {"id": ID, "needed_text": "", "needed_moment": MOMENT}

ODD = [
    "",
    "'",
    '"',
    "\\",
    "''\"\"\\\\",
    "$1 %s :name {0} -- /* */",
    "".join(map(chr, range(1, 32))) + "\x7f\x80\x85\xa0",
    "\u2028\u2029\ufeff\ufffe\uffff",
    "héllo wörld \U0001f600 \U0010ffff",
    "AS json_text",
    "null",
]


@pytest.fixture
async def things(tx: Tx) -> Tx:
    """A transaction that sees the tables of these tests."""
    for table in (thing, part):
        await tx.run(sql(str(CreateTable(table).compile(dialect=PGDialect_asyncpg()))))
    return tx


async def _add(tx: Tx, **given: Any) -> None:
    await tx.run(insert(thing).values(**{**NULLS, **NEEDED, **given}))


async def _read(tx: Tx) -> dict[str, Any]:
    """The one row, which every way of reading has to answer alike."""
    one = await tx.value(_ONE)
    assert await tx.value(_LIST) == f"[{one}]".encode()
    orjson.loads(one)  # stricter than Python's own
    return json.loads(one)


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


class TestObject:
    async def test_nulls(self, things: Tx):
        await _add(things)
        assert await _read(things) == {
            **NULLS,
            "id": str(ID),
            "needed_text": "",
            "needed_moment": "2026-11-22T12:00:00.000005Z",
        }

    @pytest.mark.parametrize("odd", ODD)
    async def test_odd_text(self, things: Tx, odd: str):
        await _add(things, text=odd, needed_text=odd, names=[odd, odd], binary=json.dumps({odd: odd}))
        found = await _read(things)
        assert [found["text"], found["needed_text"], found["names"], found["binary"]] == [
            odd,
            odd,
            [odd] * 2,
            {odd: odd},
        ]

    async def test_numbers_and_booleans(self, things: Tx):
        given = {"small": -32768, "number": 2**31 - 1, "ratio": 1e-300, "yes": False}
        await _add(things, **given)
        assert {name: (await _read(things))[name] for name in given} == given

    @pytest.mark.parametrize("ratio", [0.1, -0.0, 1e22, 123456789.123456789, 5e-324, 1.7976931348623157e308])
    async def test_numbers_keep_every_digit(self, things: Tx, ratio: float):
        await _add(things, ratio=ratio)
        assert (await _read(things))["ratio"] == ratio

    @pytest.mark.parametrize(
        ("moment", "text"),
        [
            (as_utc(datetime.min.replace(tzinfo=UTC)), "0001-01-01T00:00:00.000001Z"),
            (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00Z"),
            (datetime(2026, 1, 1, 0, 0, 0, 100_000, tzinfo=UTC), "2026-01-01T00:00:00.1Z"),
            (as_utc(datetime.max.replace(tzinfo=UTC)), "9999-12-31T23:59:59.999998Z"),
        ],
    )
    async def test_moments(self, things: Tx, moment: datetime, text: str):
        await _add(things, moment=moment, needed_moment=moment)
        found = await _read(things)
        assert (found["moment"], found["needed_moment"]) == (text, text)

    async def test_json_is_taken_over_to_the_letter(self, things: Tx):
        given = '{"b" : 1.0,  "a":[1e3, 12345678901234567890], "b":2, "\\u00e9": "\\ud83d\\ude00"}'
        await _add(things, verbatim=given)
        assert given in await things.value(_ONE)

    async def test_many_fields_and_names_with_quotes(self, things: Tx):
        await _add(things)
        many = json_object(thing, {f"it's {n}": literal_column(f"{n}", Integer) for n in range(100)})
        found = orjson.loads(await things.value(select(many).select_from(thing)))
        assert list(found.items()) == [(f"it's {n}", n) for n in range(100)]

    async def test_from_what_is_written(self, things: Tx):
        written = insert(thing).values(**{**NULLS, **NEEDED, "text": "it's"}).returning(PROJECTION)
        assert json.loads(await things.value(written)) == await _read(things)

    async def test_comes_back_as_it_went_in(self, things: Tx):
        @given(text=_TEXT, data=_DATA)
        def examples(text: str, data: Any) -> None:
            chosen.append((text, data))

        chosen: list[tuple[str, Any]] = []
        settings(max_examples=60, database=None)(examples)()
        for number, (text, data) in enumerate(chosen):
            given_json = dump_json(data)
            await _add(things, id=UUID(int=number), number=number, text=text, names=[text], verbatim=given_json)
        found = json.loads(await things.value(_LIST))
        assert [(row["text"], row["verbatim"]) for row in found] == chosen
        assert [row["names"] for row in found] == [[text] for text, _ in chosen]


class TestList:
    async def test_none(self, things: Tx):
        assert await things.value(_LIST) == b"[]"

    async def test_in_the_order_of_the_page(self, things: Tx):
        for number in range(10):
            await _add(things, id=UUID(int=number), number=9 - number)
        page = select_page(thing).where(thing.c.number < 8).order_by(thing.c.number.desc()).limit(3).offset(1)
        listed = json.loads(await things.value(json_list(PROJECTION, page, thing)))
        assert [row["number"] for row in listed] == [6, 5, 4]

    async def test_what_belongs_to_a_row(self, things: Tx):
        await _add(things, number=1)
        await _add(things, id=UUID(int=5), number=2)
        for number, name in ((2, "b"), (1, 'a"')):
            await things.run(insert(part).values(id=number, thing_id=ID, name=name))
        parts = json_array_of(PART, part, part.c.thing_id == thing.c.id, part.c.id)
        whole = json_object(thing, {"number": thing.c.number, "parts": parts})
        listing = json_list(whole, select_page(thing).order_by(thing.c.number), thing)
        assert json.loads(await things.value(listing)) == [
            {"number": 1, "parts": [{"id": 1, "name": 'a"'}, {"id": 2, "name": "b"}]},
            {"number": 2, "parts": []},
        ]


class TestDump:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ({"a": [1, None, True, "é"]}, '{"a":[1,null,true,"é"]}'),
            ({1: 2}, '{"1":2}'),
            (float("nan"), "null"),
            (MOMENT, '"2026-11-22T12:00:00.000005Z"'),
            (ID, f'"{ID}"'),
            (2**70, str(2**70)),
            ([2**70, float("inf"), {"a": (float("nan"), -1.5)}], f'[{2**70}, null, {{"a": [null, -1.5]}}]'),
        ],
    )
    def test_values(self, value: Any, text: str):
        assert dump_json(value) == text

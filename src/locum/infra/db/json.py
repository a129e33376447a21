"""Lets PostgreSQL write the JSON of a row, so that lists never become Python objects.

The text is concatenated from cast columns, as a balanced tree, and only after the page was cut: measured against
`json_agg`, rows through Python and others, this costs the server least (docs/decisions/0002-json-from-postgresql.md).
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

_DIALECT = PGDialect_asyncpg()
_MARK = " AS json_text"
_SAFE_NAMES = frozenset({"state_type", "status"})


class JsonText(Text):
    """Text that is JSON already and is taken over as it stands."""

    cache_ok = True


def json_object(table: Table, fields: Mapping[str, Any]) -> ColumnElement[str]:
    """One row of `table` as the text of a JSON object in wire format, to be selected from that table (or its page).

    A field is a column or an expression, rendered by its type: times as `2026-01-01T00:00:00Z`, json and
    other `json_object`s as they stand. Compiled here, once, so that using it costs no more than a column.
    """
    pieces: list[ColumnElement[str]] = []
    text = "{"
    for name, value in fields.items():
        mark, piece = _rendered(value)
        pieces += [_literal(f'{text}"{name}":{mark}'), piece]
        text = mark + ","
    pieces.append(_literal(text[:-1] + "}"))
    statement = select(_joined(pieces).label("json_text")).select_from(table)
    compiled = str(statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
    return cast("ColumnElement[str]", sql(compiled.removeprefix("SELECT ").rpartition(_MARK)[0], JsonText()))


def json_list(projection: ColumnElement[str], page: Select[Any], table: Table) -> Select[bytes]:
    """A statement for the rows of `page` as the bytes of a JSON array, in the page's order.

    `page` is `select_page(table)` with its conditions, order and limit; the projection sees only what is left.
    """
    rows = page.subquery(table.name)
    listed: ColumnElement[str] = func.coalesce(func.string_agg(projection, sql("','")), sql("''"), type_=Text())
    text = _Joined(_literal("["), _Joined(listed, _literal("]")))
    listing: ColumnElement[bytes] = func.convert_to(text, sql("'UTF8'"), type_=LargeBinary())
    return select(listing).select_from(rows)


def select_page(table: Table) -> Select[Any]:
    """All columns of `table`, for a page whose conditions, order and limit are still to be added."""
    everything: ColumnElement[Any] = sql(f'"{table.name}".*')
    return select(everything).select_from(table)


def json_array_of(
    projection: ColumnElement[str], table: Table, where: ColumnElement[bool], *order_by: ColumnElement[Any]
) -> ColumnElement[str]:
    """The rows of `table` that belong to an outer row, as the text of a JSON array for its `json_object`."""
    comma: ColumnElement[str] = sql("','")
    listed: ColumnElement[str] = func.string_agg(projection, aggregate_order_by(comma, *order_by), type_=Text())
    array: ColumnElement[str] = _Joined(_literal("["), _Joined(listed, _literal("]")))
    text = select(array).select_from(table).where(where)
    return func.coalesce(text.scalar_subquery(), sql("'[]'"), type_=JsonText())


def dump_json(value: Any) -> str:
    """The JSON text of a Python value; numbers that do not fit 64 bits keep their digits, NaN becomes null."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z).decode()
    except TypeError:
        return json.dumps(_with_null_for_nan(value), default=str)


def _with_null_for_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _with_null_for_nan(one) for key, one in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_with_null_for_nan(one) for one in cast("Sequence[Any]", value)]
    return value


def _rendered(value: Any) -> tuple[str, ColumnElement[str]]:
    """What stands on both sides of the value (a quotation mark or nothing), and the value as text."""
    kind = value.type
    if isinstance(kind, JsonText):
        return "", func.coalesce(value, sql("'null'"), type_=Text())
    mark = ""
    if isinstance(kind, (JSON, Integer, Float, Boolean)):
        text: ColumnElement[str] = value.cast(Text)
    elif isinstance(kind, DateTime):
        moment = func.timezone(sql("'UTC'"), value).cast(Text)
        mark, text = '"', func.replace(moment, sql("' '"), sql("'T'"), type_=Text()).concat(sql("'Z'"))
    elif isinstance(kind, Uuid) or getattr(value, "name", "") in _SAFE_NAMES:
        mark, text = '"', value.cast(Text)
    else:
        text = func.to_json(value).cast(Text)
    if isinstance(value, Column) and not cast("Column[Any]", value).nullable:
        return mark, text
    if mark:
        text = _Joined(_literal(mark), _Joined(text, _literal(mark)))
    return "", func.coalesce(text, sql("'null'"), type_=Text())


def _literal(text: str) -> ColumnElement[str]:
    return cast("ColumnElement[str]", sql("'" + text.replace("'", "''") + "'", Text()))


class _Joined(ColumnElement[str]):
    """`(left || right)` with its parentheses, which SQLAlchemy's own concatenation drops."""

    inherit_cache = False

    def __init__(self, left: ColumnElement[str], right: ColumnElement[str]) -> None:
        self.left = left
        self.right = right
        self.type = Text()


@compiles(_Joined)
def _write_joined(element: _Joined, compiler: SQLCompiler, **options: Any) -> str:
    left = compiler.process(element.left, **options)
    return f"({left} || {compiler.process(element.right, **options)})"


def _joined(pieces: Sequence[ColumnElement[str]]) -> ColumnElement[str]:
    """All pieces as a balanced tree: PostgreSQL copies each text once per level, not once per field."""
    if len(pieces) == 1:
        return pieces[0]
    middle = len(pieces) // 2
    return _Joined(_joined(pieces[:middle]), _joined(pieces[middle:]))

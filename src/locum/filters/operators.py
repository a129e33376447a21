"""What each operator of the filter language means: the field's name is the operator.

An operator's value either travels as one parameter of the statement (a list as one array), or it is a switch that
decides how the statement reads and so is part of its shape.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Integer, Text, any_, not_
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

_INT64 = 2**63 - 1
_NO_ITEMS: ColumnElement[Any] = sql("'[]'::jsonb", JSONB())


def _present(value: Any) -> bool:
    return value is not None


def _same(value: Any) -> Any:
    return value


def list_of(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a list of values to compare with an expression of this type."""
    return ARRAY(Text() if isinstance(kind, (Text, JSONB)) else kind)


def _one(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return BigInteger() if isinstance(kind, Integer) else kind


def _text(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return Text()


def texts(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A list of texts, whatever the type of the expression."""
    return ARRAY(Text())


def _bounded(value: Any) -> Any:
    """No column holds more than 64 bits, so a larger bound says the same as the largest."""
    return max(-_INT64, min(_INT64, value)) if isinstance(value, int) else value


def _only_in_sql(actual: Any, operand: Any) -> bool:
    msg = "this operator needs the database"
    raise NotImplementedError(msg)


@dataclass(frozen=True, eq=False)
class Operation:
    """One operator.

    `clause(on, operand)` is the SQL condition; `holds(actual, operand)` is the same in memory, where a null holds
    nothing. `carries` gives the parameter's type from that of the expression; without it the operand is a switch. An
    operand that is not `given` restricts nothing.
    """

    clause: Callable[[Any, Any], ColumnElement[bool]]
    holds: Callable[[Any, Any], bool] = _only_in_sql
    carries: Callable[[TypeEngine[Any]], TypeEngine[Any]] | None = None
    given: Callable[[Any], bool] = _present
    sent: Callable[[Any], Any] = _same


def _is_null(on: Any, wanted: Any) -> ColumnElement[bool]:
    if isinstance(on.type, JSONB):
        return on == _NO_ITEMS if wanted else on != _NO_ITEMS
    return on.is_(None) if wanted else on.is_not(None)


def _null_holds(actual: Any, wanted: Any) -> bool:
    return (actual is None or actual == []) is bool(wanted)


def _any(on: Any, operand: Any) -> ColumnElement[bool]:
    return on.has_any(operand) if isinstance(on.type, JSONB) else on == any_(operand)


def _any_holds(actual: Any, operand: Any) -> bool:
    if isinstance(actual, list):
        return not set(operand).isdisjoint(cast("list[Any]", actual))
    return actual in operand


ANY = Operation(clause=_any, holds=_any_holds, carries=list_of)
"""One of these; of a JSON array, that it holds one of these."""

NOT_ANY = Operation(
    clause=lambda on, operand: not_(on == any_(operand)),
    holds=lambda actual, operand: actual is not None and actual not in operand,
    carries=list_of,
    given=bool,
)
"""None of these. An empty list restricts nothing; a null is excluded by any other."""

ALL = Operation(
    clause=lambda on, operand: on.has_all(operand),
    holds=lambda actual, operand: set(operand) <= set(actual),
    carries=texts,
    given=bool,
)
"""Of a JSON array: that it holds all of these. An empty list restricts nothing."""

LIKE = Operation(
    clause=lambda on, operand: on.ilike(operand),
    carries=_text,
    given=bool,
    sent=lambda value: f"%{value}%",
)
"""The text within, whatever its case. `%`, `_` and backslash are PostgreSQL's wildcards (docs/quirks.md)."""

STARTSWITH = Operation(
    clause=lambda on, operand: on.ilike(any_(operand)),
    carries=texts,
    given=bool,
    sent=lambda value: [f"{prefix}%" for prefix in value],
)
"""One of these texts at the beginning, whatever its case; wildcards as in LIKE."""

EQ = Operation(
    clause=lambda on, operand: on.is_(operand),
    holds=lambda actual, operand: actual is operand,
)
"""This truth value; a switch, so that PostgreSQL can use partial indexes."""

GE = Operation(
    clause=lambda on, operand: on >= operand,
    holds=lambda actual, operand: actual is not None and actual >= operand,
    carries=_one,
    sent=_bounded,
)
"""This or more."""

LE = Operation(
    clause=lambda on, operand: on <= operand,
    holds=lambda actual, operand: actual is not None and actual <= operand,
    carries=_one,
    sent=_bounded,
)
"""This or less."""

IS_NULL = Operation(clause=_is_null, holds=_null_holds)
"""Whether there is no value; of a JSON array, whether it is empty."""

EXISTS = Operation(
    clause=lambda on, wanted: on.is_not(None) if wanted else on.is_(None),
    holds=lambda actual, wanted: (actual is not None) is bool(wanted),
)
"""Whether there is a value."""

OPERATIONS = {
    "any_": ANY,
    "not_any_": NOT_ANY,
    "all_": ALL,
    "like_": LIKE,
    "startswith_": STARTSWITH,
    "eq_": EQ,
    "ge_": GE,
    "le_": LE,
    "before_": LE,
    "after_": GE,
    "is_null_": IS_NULL,
    "exists_": EXISTS,
}
"""The operators by the names that the contract gives them."""

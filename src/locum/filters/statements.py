"""Statements with filters in them: built and compiled once per plan, run with the values of each request."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Select, Table, bindparam, func, select

from locum.filters.language import Parameters, Plan, clause_of
from locum.infra.db import Prepared, prepare, select_page

Clauses = Sequence[ColumnElement[bool]]

_SHAPES_KEPT = 500

LIMIT: BindParameter[int] = bindparam("limit", type_=BigInteger())
OFFSET: BindParameter[int] = bindparam("offset", type_=BigInteger())


class Restriction(NamedTuple):
    """What filters ask for: how the statement will read (`plans`), and the values that it is run with."""

    plans: tuple[Plan, ...] = ()
    values: Sequence[Any] = ()

    def clauses(self) -> list[ColumnElement[bool]]:
        """The conditions with the values in them, for a statement that is built per request."""
        parameters = Parameters(list(self.values))
        return [clause_of(plan, parameters) for plan in self.plans]


class Shaped:
    """A family of statements that differ by filter: `build(clauses, *options)` is called once per plan and options.

    Calling it gives what an Executor takes: `ex.value(statement, **values, limit=...)`.
    """

    def __init__(self, build: Callable[..., Any]) -> None:
        """`build` gives a Core statement; parameters of its own must not be named `f0`, `f1`, ..."""
        self._build = build
        self._known: OrderedDict[Hashable, Prepared] = OrderedDict()

    def __call__(self, restriction: Restriction, *options: Hashable) -> tuple[Prepared, Mapping[str, Any]]:
        """The statement for these filters, and the values of its filter parameters."""
        key = (restriction.plans, options)
        statement = self._known.get(key)
        if statement is None:
            parameters = Parameters()
            clauses = [clause_of(plan, parameters) for plan in restriction.plans]
            statement = self._known[key] = prepare(self._build(clauses, *options))
            if len(self._known) > _SHAPES_KEPT:
                self._known.popitem(last=False)
        return statement, {f"f{number}": value for number, value in enumerate(restriction.values)}


def page_of(
    table: Table, clauses: Clauses, order: Sequence[ColumnElement[Any]], limit: Any = LIMIT, offset: Any = OFFSET
) -> Select[Any]:
    """One page of the rows wanted, for `json_list`; by default `limit` and `offset` are parameters of those names."""
    return select_page(table).where(*clauses).order_by(*order).limit(limit).offset(offset)


def count_of(table: Table, clauses: Clauses) -> Select[int]:
    """How many rows are wanted."""
    return select(func.count()).select_from(table).where(*clauses)

"""Statements with filters in them: built and compiled once per plan, run with the values of each request."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Executable, Select, Table, bindparam, func, select

from locum.filters.language import Parameters, Plan, clause_of
from locum.infra.db import Prepared, prepare, select_page

P = ParamSpec("P")

Clauses = Sequence[ColumnElement[bool]]
"""Conditions that must all hold."""

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


class Shaped(Generic[P]):
    """A family of statements that differ by filter, as a decorator of the function that builds them.

        @Shaped
        def _page(clauses: Clauses, sort: FlowSort) -> Select[bytes]:
            return json_list(FLOW, page_of(flow, clauses, sort.order), flow)

        statement, values = _page(body.restriction(), body.sort)
        await ex.value(statement, **values, limit=limit, offset=body.start)

    The function runs once per plan of the filters and value of its options, which must be hashable. Parameters of its
    own must not be named `f0`, `f1`, ...
    """

    def __init__(self, build: Callable[Concatenate[Clauses, P], Executable]) -> None:
        """Keep the function until a plan is seen for the first time."""
        self._build = build
        self._known: OrderedDict[Hashable, Prepared] = OrderedDict()

    def __call__(
        self, restriction: Restriction, *options: P.args, **named: P.kwargs
    ) -> tuple[Prepared, dict[str, Any]]:
        """The statement for these filters, and the values of its filter parameters."""
        key = (restriction.plans, options, tuple(named.items()))
        statement = self._known.get(key)
        if statement is None:
            parameters = Parameters()
            clauses = [clause_of(plan, parameters) for plan in restriction.plans]
            statement = self._known[key] = prepare(self._build(clauses, *options, **named))
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

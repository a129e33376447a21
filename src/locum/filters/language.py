"""The filter language: a Criterion restricts one expression, a Group joins criteria; both become SQL or run in memory.

A filter is first read into a *plan*, which says how the statement will look but holds no values, and a list of values.
Equal plans give equal SQL, so a statement is built and compiled once per plan (`locum.filters.statements`).
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BindParameter, ColumnElement, Integer, Table, and_, bindparam, or_, select, true
from sqlalchemy import literal_column as sql

from locum.filters.operators import OPERATIONS, Operation


class Operator(StrEnum):
    """How the parts of a filter are joined."""

    and_ = "and_"
    or_ = "or_"


@dataclass(frozen=True, eq=False)
class Term:
    """An operator applied to an expression, as a criterion class declares it; `key` is what it is called in memory."""

    field: str
    operation: Operation
    on: Any
    key: str

    def holds(self, row: Mapping[str, Any], operand: Any) -> bool:
        """Whether the row in memory satisfies the term."""
        return self.operation.holds(row[self.key], operand)


class Test(NamedTuple):
    """A plan: one term, with its operand if that is a switch."""

    term: Term
    switch: Hashable = None


class Join(NamedTuple):
    """A plan: all of the parts, or any of them."""

    operator: Operator
    parts: tuple["Plan", ...]


@dataclass(frozen=True, eq=False)
class Bond:
    """What ties rows of `table` to the row of a table around it."""

    table: Table
    on: ColumnElement[bool]


class Related(NamedTuple):
    """A plan: a row tied by the bond exists that satisfies all of the parts."""

    bond: Bond
    parts: tuple["Plan", ...]


Plan = Test | Join | Related

_ONE: ColumnElement[int] = sql("1", Integer())

EVERYTHING = Join(Operator.and_, ())
"""The plan that restricts nothing."""


class Parameters:
    """Hands out the parameters of a statement in the order of the plan's values."""

    def __init__(self, values: list[Any] | None = None) -> None:
        """With `values` they are written into the statement; without, the parameters are named `f0`, `f1`, ..."""
        self._values = values
        self._next = 0

    def next(self, kind: Any) -> BindParameter[Any]:
        """The next parameter."""
        number, self._next = self._next, self._next + 1
        if self._values is None:
            return bindparam(f"f{number}", type_=kind)
        return bindparam(None, self._values[number], type_=kind, unique=True)


def clause_of(plan: Plan, parameters: Parameters) -> ColumnElement[bool]:
    """The SQL of a plan."""
    match plan:
        case Test(term, switch):
            carries = term.operation.carries
            operand = switch if carries is None else parameters.next(carries(term.on.type))
            return term.operation.clause(term.on, operand)
        case Join(operator, parts):
            clauses = [clause_of(part, parameters) for part in parts]
            if not clauses:
                return true()
            return and_(*clauses) if operator is Operator.and_ else or_(*clauses)
        case Related(bond, parts):
            return exists_in(bond.table, bond.on, *(clause_of(part, parameters) for part in parts))


def exists_in(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """A row of `table` satisfies the conditions; every other table in them is of the statement around it."""
    found = select(_ONE).select_from(table).where(*conditions)
    return found.correlate_except(table).exists()


class Restricting(BaseModel):
    """Something that restricts which rows are wanted."""

    model_config = ConfigDict(extra="forbid")

    def parts(self, values: list[Any]) -> list[Plan]:
        """The plans of what was given, their values appended to `values`."""
        raise NotImplementedError

    def plan(self, values: list[Any]) -> Plan:
        """The plan of the whole."""
        parts = self.parts(values)
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return EVERYTHING
        return Join(self.joined_by, tuple(parts))

    def says(self, values: list[Any]) -> list[Plan]:
        """What it adds to the group that it is in: itself, unless it has no say at all."""
        return [self.plan(values)]

    @property
    def joined_by(self) -> Operator:
        """The operator given, where there can be one."""
        return cast("Operator", self.__dict__.get("operator", Operator.and_))

    def matches(self, row: Mapping[str, Any]) -> bool:
        """Whether a row in memory is wanted."""
        answers = self.answers(row)
        return any(answers) if answers and self.joined_by is Operator.or_ else all(answers)

    def answers(self, row: Mapping[str, Any]) -> list[bool]:
        """For each part that was given, whether it holds for a row in memory."""
        raise NotImplementedError

    def said(self, row: Mapping[str, Any]) -> list[bool]:
        """The same as `says`, in memory."""
        return [self.matches(row)]


class Joined(Restricting):
    """A filter whose parts are joined by its `operator`."""

    operator: Operator = Field(default=Operator.and_, description="Whether all parts must hold (and_) or any (or_)")


class Criterion(Restricting):
    """Restricts one expression: `class X(Criterion, on=column)`, or `is_null_=other` for a field that looks elsewhere.

    A field may also be given an `Operation` of its own in place of the one that its name stands for.
    """

    terms: ClassVar[tuple[Term, ...]] = ()

    def __init_subclass__(cls, on: Any = None, **others: Any) -> None:
        """Take what `__pydantic_init_subclass__` reads."""

    @classmethod
    def __pydantic_init_subclass__(cls, on: Any = None, **others: Any) -> None:
        """Read the fields as operators; one that the language does not know is a TypeError."""
        if on is None:
            return
        terms: list[Term] = []
        for field in cls.model_fields:
            if field == "operator":
                continue
            other = others.pop(field, None)
            operation = other if isinstance(other, Operation) else OPERATIONS.get(field)
            if operation is None:
                msg = f"{cls.__name__}.{field}: no such operator"
                raise TypeError(msg)
            expression = on if other is None or isinstance(other, Operation) else other
            terms.append(Term(field, operation, expression, getattr(expression, "key", None) or field))
        if others:
            msg = f"{cls.__name__} has no field {sorted(others)}"
            raise TypeError(msg)
        cls.terms = tuple(terms)

    def asked(self) -> Iterator[tuple[Term, Any]]:
        """The terms that were given an operand, with it."""
        given = self.__dict__
        for term in self.terms:
            operand = given[term.field]
            if operand is not None and term.operation.given(operand):
                yield term, operand

    def parts(self, values: list[Any]) -> list[Plan]:
        """A test for each term that was asked."""
        found: list[Plan] = []
        for term, operand in self.asked():
            if term.operation.carries is None:
                found.append(Test(term, operand))
            else:
                values.append(term.operation.sent(operand))
                found.append(Test(term))
        return found

    def answers(self, row: Mapping[str, Any]) -> list[bool]:
        """For each term that was asked, whether it holds for a row in memory."""
        return [term.holds(row, operand) for term, operand in self.asked()]


class Bundle(Restricting):
    """Joins the criteria that were given, each a field.

    A criterion that is given but asks nothing holds for every row, which under `or_` makes the whole hold.
    """

    lenient: ClassVar[bool] = False

    def given(self) -> Iterator[tuple[str, Restricting]]:
        """The criteria that were given, by field."""
        for field, value in self.__dict__.items():
            if value is not None and field != "operator":
                yield field, value

    def parts(self, values: list[Any]) -> list[Plan]:
        """The plans of the criteria, or of nothing if one alternative holds for every row."""
        found: list[Plan] = []
        before = len(values)
        for _, criterion in self.given():
            for plan in criterion.says(values):
                if plan is not EVERYTHING:
                    found.append(plan)
                elif self.joined_by is Operator.or_ and not self.lenient:
                    del values[before:]
                    return []
        return found

    def answers(self, row: Mapping[str, Any]) -> list[bool]:
        """For each criterion that was given, whether it holds for a row in memory."""
        return [answer for _, criterion in self.given() for answer in criterion.said(row)]


class Group(Joined, Bundle):
    """The same, joined by an operator that may be given."""


class LenientGroup(Group):
    """A group in which a criterion that asks nothing is as good as not given."""

    lenient: ClassVar[bool] = True

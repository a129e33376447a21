"""Labels of resources and what filters ask of them, in the database and in memory."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import RootModel
from sqlalchemy import (
    ColumnElement,
    Text,
    all_,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

RESOURCE_ID = "prefect.resource.id"
RESOURCE_ROLE = "prefect.resource.role"

Labels = Mapping[str, str]
Clause = ColumnElement[bool]
ValueOf = Callable[[str], ColumnElement[str]]
"""Gives the expression for the value of a label."""


def texts(values: Iterable[str]) -> ColumnElement[Any]:
    """A list of texts as one parameter."""
    return literal(list(values), ARRAY(Text))


def escaped(text: str) -> str:
    """The text for LIKE to take as it stands."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def prefixes(values: Iterable[str]) -> ColumnElement[Any]:
    """The patterns, as one parameter, of what begins with one of the values."""
    return texts(f"{escaped(value)}%" for value in values)


class ResourceSpecification(RootModel[dict[str, str | list[str]]]):
    """Labels that a resource must have: each with the value, or one of the values, given.

    In a value `*` stands for any text and `?` for any character; a `!` in front asks for anything else.
    """

    def wanted(self) -> Iterator[tuple[str, list[str]]]:
        """Each label with the values allowed."""
        for label, values in self.root.items():
            yield label, [values] if isinstance(values, str) else values

    def _asked(self, *, roles: bool) -> Iterator[tuple[str, list[str]]]:
        """What is wanted, but for an id without values, which asks nothing; with `roles`, nor does such a role."""
        for label, values in self.wanted():
            if self.root[label] or not (label == RESOURCE_ID or (label == RESOURCE_ROLE and roles)):
                yield label, values

    def clause(self, value_of: ValueOf, *, roles: bool) -> Clause:
        """What must hold of the resource whose labels `value_of` gives; with `roles`, its role is no pattern."""
        clauses: list[Clause] = []
        for label, values in self._asked(roles=roles):
            if label == RESOURCE_ROLE and roles:
                clauses.append(value_of(label) == any_(texts(values)))
            else:
                clauses.append(_globbed(value_of(label), values))
        return and_(true(), *clauses)

    def includes(self, labels: Labels, *, roles: bool) -> bool:
        """Whether the labels are those wanted; with `roles`, the role is no pattern."""
        for label, values in self._asked(roles=roles):
            value = labels.get(label)
            if label == RESOURCE_ROLE and roles:
                if value not in values:
                    return False
            elif value is None or not any(fits(value) for fits in self._patterns[label]):
                return False
        return True

    @cached_property
    def _patterns(self) -> Mapping[str, Sequence[Callable[[str], bool]]]:
        """Of each label, whether a value is one of those allowed; made once, since many events are asked."""
        return {label: [_glob(one) for one in values] for label, values in self.wanted()}


def _globbed(value: ColumnElement[str], patterns: Sequence[str]) -> Clause:
    if not patterns:
        return false()
    wanted = [_pattern(one) for one in patterns if not one.startswith("!")]
    unwanted = [_pattern(one[1:]) for one in patterns if one.startswith("!")]
    clauses: list[Clause] = []
    if wanted:
        clauses.append(value.like(any_(texts(wanted))))
    if unwanted:
        clauses.append(not_(value.like(all_(texts(unwanted)))))
    return or_(*clauses)


def _pattern(glob: str) -> str:
    return escaped(glob).replace("*", "%").replace("?", "_")


def _glob(glob: str) -> Callable[[str], bool]:
    """Whether a value is what this pattern asks for."""
    negated = glob.startswith("!")
    body, *rest = (
        "".join("." if char == "?" else re.escape(char) for char in piece)
        for piece in glob.removeprefix("!").split("*")
    )
    if rest:
        # What lies between stars is held to the first place where it fits: to try others would find nothing more, and
        # with many stars would take time beyond all bounds.
        *between, last = rest
        body += "".join(f"(?>.*?{piece})" for piece in between) + f".*{last}"
    expression = re.compile(body, re.DOTALL)
    return lambda value: (expression.fullmatch(value) is None) is negated


def some_resource(resources: ColumnElement[Any], condition: Callable[[ValueOf], Clause]) -> Clause:
    """Whether one of these resources, a JSON array, satisfies the condition."""
    each = func.jsonb_array_elements(resources).table_valued("labels", name="each").render_derived(name="each")
    labels = cast(each.c.labels, JSONB)
    return (
        select(literal_column("1", Text))
        .select_from(each)
        .where(condition(lambda label: labels[label].astext))
        .exists()
    )

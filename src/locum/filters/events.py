"""Filters of events, for the database and for streams: each part says the same thing twice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, cast
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Text, Uuid, all_, and_, any_, func, literal, literal_column, not_, or_, true
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import ARRAY

from locum.domain import clock
from locum.domain.moments import Moment
from locum.domain.search import parse_search
from locum.filters.resources import (
    RESOURCE_ID,
    RESOURCE_ROLE,
    Clause,
    Labels,
    ResourceSpecification,
    ValueOf,
    escaped,
    prefixes,
    some_resource,
    texts,
)
from locum.tables.events import event

_REACH = timedelta(days=180)


@dataclass
class Happened:
    """An event in memory; its JSON parts are text, as the database writes them, and read when asked for."""

    id: UUID
    occurred: datetime
    event: str
    resource_text: str
    related_text: str
    payload_text: str

    @cached_property
    def resource(self) -> Labels:
        """The labels of what it happened to."""
        return orjson.loads(self.resource_text)

    @cached_property
    def related(self) -> Sequence[Labels]:
        """The labels of what else was involved."""
        return orjson.loads(self.related_text)

    @cached_property
    def searched(self) -> str:
        """All of it as text, in lower case."""
        return f"{self.event} {self.resource_text} {self.related_text} {self.payload_text}".lower()


class _Part(BaseModel):
    """A part of a filter."""

    model_config = ConfigDict(extra="forbid")

    def clauses(self) -> Iterator[Clause]:
        """What must hold in the database."""
        raise NotImplementedError

    def matches(self, happened: Happened) -> bool:
        """The same of an event in memory."""
        raise NotImplementedError


class EventOccurredFilter(_Part):
    """Events by when they happened, both ends included."""

    since: Moment = Field(
        default_factory=lambda: clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - _REACH,
        description="At this moment or later",
    )
    until: Moment = Field(default_factory=clock.now, description="At this moment or earlier")

    def clauses(self) -> Iterator[Clause]:
        """Within the span."""
        yield event.c.occurred >= self.since
        yield event.c.occurred <= self.until

    def matches(self, happened: Happened) -> bool:
        """Within the span."""
        return self.since <= happened.occurred <= self.until


class EventNameFilter(_Part):
    """Events by name."""

    prefix: list[str] | None = Field(default=None, description="Names that begin with one of these")
    exclude_prefix: list[str] | None = Field(default=None, description="Names that begin with none of these")
    name: list[str] | None = Field(default=None, description="One of these names")
    exclude_name: list[str] | None = Field(default=None, description="None of these names")

    def clauses(self) -> Iterator[Clause]:
        """All that is given; an empty list asks nothing."""
        if self.prefix:
            yield event.c.event.like(any_(prefixes(self.prefix)))
        if self.exclude_prefix:
            yield not_(event.c.event.like(any_(prefixes(self.exclude_prefix))))
        if self.name:
            yield event.c.event == any_(texts(self.name))
        if self.exclude_name:
            yield event.c.event != all_(texts(self.exclude_name))

    def matches(self, happened: Happened) -> bool:
        """All that is given; an empty list asks nothing."""
        name = happened.event
        if self.prefix and not name.startswith(tuple(self.prefix)):
            return False
        if self.exclude_prefix and name.startswith(tuple(self.exclude_prefix)):
            return False
        if self.name and name not in self.name:
            return False
        return not (self.exclude_name and name in self.exclude_name)


class EventResourceFilter(_Part):
    """Events by what they happened to."""

    id: list[str] | None = Field(default=None, description="Resources with one of these ids")
    id_prefix: list[str] | None = Field(default=None, description="Resources whose id begins with one of these")
    labels: ResourceSpecification | None = Field(default=None, description="Resources with these labels")
    distinct: bool = Field(default=False, description="Only one event of each resource, the first in order")

    def clauses(self) -> Iterator[Clause]:
        """All that is given; an empty list asks nothing."""
        if self.id:
            yield event.c.resource_id == any_(texts(self.id))
        if self.id_prefix:
            yield event.c.resource_id.like(any_(prefixes(self.id_prefix)))
        if self.labels and self.labels.root:
            yield self.labels.clause(_of_primary, roles=False)

    def matches(self, happened: Happened) -> bool:
        """All that is given; an empty list asks nothing. Streams know nothing of `distinct`."""
        if self.id and happened.resource[RESOURCE_ID] not in self.id:
            return False
        if self.id_prefix and not happened.resource[RESOURCE_ID].startswith(tuple(self.id_prefix)):
            return False
        return not self.labels or self.labels.includes(happened.resource, roles=False)


def _of_primary(label: str) -> ColumnElement[str]:
    return event.c.resource_id if label == RESOURCE_ID else event.c.resource[label].astext


class EventRelatedFilter(_Part):
    """Events by what else was involved: one thing that is all of this."""

    id: list[str] | None = Field(default=None, description="Something with one of these ids")
    role: list[str] | None = Field(default=None, description="Something in one of these roles")
    resources_in_roles: list[tuple[str, str]] | None = Field(
        default=None, description="Something with this id in this role, for one of these pairs"
    )
    labels: ResourceSpecification | None = Field(default=None, description="Something with these labels")

    def clauses(self) -> Iterator[Clause]:
        """One related resource satisfies all that is given."""
        if self.id:
            # says no more than the next, but has an index
            yield event.c.resource_ids.overlap(texts(self.id))
        if self.id or self.role or self.resources_in_roles or (self.labels and self.labels.root):
            yield some_resource(event.c.related, self._condition)

    def _condition(self, value_of: ValueOf) -> Clause:
        clauses: list[Clause] = []
        if self.id:
            clauses.append(value_of(RESOURCE_ID) == any_(texts(self.id)))
        if self.role:
            clauses.append(value_of(RESOURCE_ROLE) == any_(texts(self.role)))
        if self.resources_in_roles:
            pairs = [
                and_(value_of(RESOURCE_ID) == one, value_of(RESOURCE_ROLE) == role)
                for one, role in self.resources_in_roles
            ]
            clauses.append(or_(*pairs))
        if self.labels:
            clauses.append(self.labels.clause(value_of, roles=True))
        return and_(true(), *clauses)

    def matches(self, happened: Happened) -> bool:
        """One related resource satisfies all that is given."""
        if not (self.id or self.role or self.resources_in_roles or (self.labels and self.labels.root)):
            return True
        return any(self._includes(labels) for labels in happened.related)

    def _includes(self, labels: Labels) -> bool:
        if self.id and labels[RESOURCE_ID] not in self.id:
            return False
        if self.role and labels[RESOURCE_ROLE] not in self.role:
            return False
        if self.resources_in_roles and (labels[RESOURCE_ID], labels[RESOURCE_ROLE]) not in self.resources_in_roles:
            return False
        return not self.labels or self.labels.includes(labels, roles=True)


class EventAnyResourceFilter(_Part):
    """Events by anything that they happened to or that was involved."""

    id: list[str] | None = Field(default=None, description="Something with one of these ids")
    id_prefix: list[str] | None = Field(default=None, description="Something whose id begins with one of these")
    labels: ResourceSpecification | None = Field(default=None, description="Something with these labels")

    def clauses(self) -> Iterator[Clause]:
        """One resource satisfies all that is given."""
        if self.id:
            yield event.c.resource_ids.overlap(texts(self.id))
        if self.id_prefix or (self.labels and self.labels.root):
            every = func.jsonb_build_array(event.c.resource).concat(event.c.related)
            yield some_resource(every, self._condition)

    def _condition(self, value_of: ValueOf) -> Clause:
        clauses: list[Clause] = []
        if self.id:
            clauses.append(value_of(RESOURCE_ID) == any_(texts(self.id)))
        if self.id_prefix:
            clauses.append(value_of(RESOURCE_ID).like(any_(prefixes(self.id_prefix))))
        if self.labels:
            clauses.append(self.labels.clause(value_of, roles=True))
        return and_(true(), *clauses)

    def matches(self, happened: Happened) -> bool:
        """One resource satisfies all that is given."""
        return any(self._includes(labels) for labels in (happened.resource, *happened.related))

    def _includes(self, labels: Labels) -> bool:
        if self.id and labels[RESOURCE_ID] not in self.id:
            return False
        if self.id_prefix and not labels[RESOURCE_ID].startswith(tuple(self.id_prefix)):
            return False
        return not self.labels or self.labels.includes(labels, roles=True)


class EventIDFilter(_Part):
    """Events by their own id."""

    id: list[UUID] | None = Field(default=None, description="Events with one of these ids")

    def clauses(self) -> Iterator[Clause]:
        """One of the ids; an empty list asks nothing."""
        if self.id:
            yield event.c.id == any_(literal(self.id, ARRAY(Uuid)))

    def matches(self, happened: Happened) -> bool:
        """One of the ids; an empty list asks nothing."""
        return not self.id or happened.id in self.id


_SEARCHED = func.lower(
    func.concat_ws(
        literal_column("' '"),
        event.c.event,
        as_type(event.c.resource, Text),
        as_type(event.c.related, Text),
        as_type(event.c.payload, Text),
    )
)


class EventTextFilter(_Part):
    """Events by words anywhere in them."""

    query: str = Field(
        description="Words of which one must be found; +word must be, -word must not; quotes keep words together",
        max_length=200,
        examples=["error", "error -debug", '"connection timeout"', "+required -excluded"],
    )

    def clauses(self) -> Iterator[Clause]:
        """Each kind of word in the query."""
        search = parse_search(self.query)
        if search.include:
            yield _SEARCHED.like(any_(_within(search.include)))
        if search.exclude:
            yield not_(_SEARCHED.like(any_(_within(search.exclude))))
        if search.required:
            yield _SEARCHED.like(all_(_within(search.required)))

    def matches(self, happened: Happened) -> bool:
        """Each kind of word in the query."""
        return parse_search(self.query).found_in(happened.searched)


def _within(words: Iterable[str]) -> ColumnElement[Any]:
    return texts(f"%{escaped(word.lower())}%" for word in words)


class EventOrder(StrEnum):
    """In which order of time events are wanted."""

    ASC = "ASC"
    DESC = "DESC"


class EventFilter(_Part):
    """Events that satisfy all that is given here."""

    occurred: EventOccurredFilter = Field(default_factory=EventOccurredFilter, description="By time")
    event: EventNameFilter | None = Field(default=None, description="By name")
    resource: EventResourceFilter | None = Field(default=None, description="By what they happened to")
    related: EventRelatedFilter | list[EventRelatedFilter] | None = Field(
        default=None, description="By what else was involved; of a list each entry must hold"
    )
    any_resource: EventAnyResourceFilter | list[EventAnyResourceFilter] | None = Field(
        default=None, description="By anything that was involved; of a list each entry must hold"
    )
    id: EventIDFilter = Field(default_factory=EventIDFilter, description="By id")
    text: EventTextFilter | None = Field(default=None, description="By words")
    order: EventOrder = Field(default=EventOrder.DESC, description="In which order")

    def parts(self) -> Iterator[_Part]:
        """The parts that are given."""
        for value in self.__dict__.values():
            for part in cast("list[Any]", value) if isinstance(value, list) else [value]:
                if isinstance(part, _Part):
                    yield part

    def clauses(self) -> Iterator[Clause]:
        """All parts."""
        for part in self.parts():
            yield from part.clauses()

    def matches(self, happened: Happened) -> bool:
        """All parts."""
        return all(part.matches(happened) for part in self.parts())

    @property
    def distinct(self) -> bool:
        """Whether only one event of each resource is wanted."""
        return self.resource is not None and self.resource.distinct

    def ordering(self) -> tuple[ColumnElement[Any], ...]:
        """What the statement is ordered by."""
        if self.order is EventOrder.ASC:
            return event.c.occurred.asc(), event.c.id.asc()
        return event.c.occurred.desc(), event.c.id.desc()

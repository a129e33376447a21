"""Announces changes: the event is inserted in the transaction, or the very statement, that makes the change true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, JSON, Text, Uuid, bindparam, exists, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from locum.domain.ids import new_id
from locum.infra.db import Executor, dump_json, prepare
from locum.tables.base import Instant
from locum.tables.events import event

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event that the server itself makes. `resource` holds its labels, `prefect.resource.id` among them."""

    event: str
    occurred: datetime
    resource: Labels
    related: Sequence[Labels] = ()
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])
    follows: UUID | None = None
    id: UUID = field(default_factory=new_id)


_COLUMNS = {
    "id": Uuid(),
    "occurred": Instant,
    "event": Text(),
    "resource": Text(),
    "related": Text(),
    "payload": Text(),
    "follows": Uuid(),
}


def insertion(*, only_if: CTE | None = None, name: str = "announced") -> CTE:
    """The inserting of announcements as a CTE, for `statement.add_cte(...)`: no round trip of its own.

    Its parameters are those of `insertion_parameters`. With `only_if`, nothing is inserted unless that CTE has a row.
    """
    arrays = [bindparam(f"event_{column}", type_=ARRAY(kind)) for column, kind in _COLUMNS.items()]
    given = func.unnest(*arrays).table_valued(*_COLUMNS, name="given").render_derived()
    resource = literal_column("given.resource::jsonb", JSONB)
    related = literal_column("given.related::jsonb", JSONB)
    identity = resource.op("->>")("prefect.resource.id")
    related_ids = literal_column(
        "array(select r ->> 'prefect.resource.id' from jsonb_array_elements(given.related::jsonb) r)", ARRAY(Text)
    )
    rows = select(
        given.c.id,
        given.c.occurred,
        given.c.event,
        identity,
        resource,
        related,
        literal_column("given.payload::json", JSON),
        given.c.follows,
        func.array_prepend(identity, related_ids),
    )
    if only_if is not None:
        rows = rows.where(exists(select(1).select_from(only_if)))
    columns = ["id", "occurred", "event", "resource_id", "resource", "related", "payload", "follows", "resource_ids"]
    return insert(event).from_select(columns, rows).returning(event.c.id).cte(name)


_EMIT = prepare(select(func.count()).select_from(insertion()))


def insertion_parameters(announcements: Sequence[Announcement]) -> dict[str, list[Any]]:
    """The values for `insertion`, one array per column."""
    return {
        "event_id": [one.id for one in announcements],
        "event_occurred": [one.occurred for one in announcements],
        "event_event": [one.event for one in announcements],
        "event_resource": [dump_json(one.resource) for one in announcements],
        "event_related": [dump_json(list(one.related)) for one in announcements],
        "event_payload": [dump_json(one.payload) for one in announcements],
        "event_follows": [one.follows for one in announcements],
    }


async def emit(tx: Executor, *announcements: Announcement) -> None:
    """Insert the announcements; if the transaction is rolled back, nobody has been told."""
    if announcements:
        await tx.run(_EMIT, **insertion_parameters(announcements))

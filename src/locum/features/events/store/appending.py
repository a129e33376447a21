"""The appending of events to the log."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, JSON, Text, Uuid, bindparam, column, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.types import TypeEngine

from locum.features.events.schemas import RESOURCE_ID, Event
from locum.infra.db import Executor, Prepared, dump_json, prepare
from locum.tables.base import Instant
from locum.tables.events import event

Writing = CTE
"""Something that is written in the statement that appends events."""

_COLUMNS: dict[str, TypeEngine[Any]] = {
    "id": Uuid(),
    "occurred": Instant,
    "event": Text(),
    "resource_id": Text(),
    "resource": JSONB(),
    "related": JSONB(),
    "payload": JSON(),
    "follows": Uuid(),
}


def insertion(
    *, only_if: CTE | None = None, among: CTE | None = None, name: str = "announced", again: bool = False
) -> CTE:
    """The inserting of events as a CTE, for `statement.add_cte(...)`: no round trip of its own.

    Its one parameter is a JSON text, as `given_events` makes it: arrays, one per column, cost the driver a multiple of
    what PostgreSQL needs to read the JSON. With `only_if`, nothing is inserted
    unless that CTE has a row; with `among`, only events whose id is an `event_id` of that CTE; with `again`, events
    that are there already are left alone.
    """
    given = (
        func.json_to_recordset(bindparam("given_events", type_=JSON))
        .table_valued(*(column(known, kind) for known, kind in _COLUMNS.items()), name="given")
        .render_derived(name="given", with_types=True)
    )
    related_ids = literal_column(
        "array(select r ->> 'prefect.resource.id' from jsonb_array_elements(given.related) r)", ARRAY(Text)
    )
    rows = select(
        given.c.id,
        given.c.occurred,
        given.c.event,
        given.c.resource_id,
        given.c.resource,
        given.c.related,
        given.c.payload,
        given.c.follows,
        func.array_prepend(given.c.resource_id, related_ids),
    )
    if only_if is not None:
        rows = rows.where(exists(select(1).select_from(only_if)))
    if among is not None:
        rows = rows.where(given.c.id.in_(select(among.c.event_id)))
    columns = ["id", "occurred", "event", "resource_id", "resource", "related", "payload", "follows", "resource_ids"]
    statement = insert(event).from_select(columns, rows)
    if again:
        statement = statement.on_conflict_do_nothing(index_elements=["id", "occurred"])
    return statement.returning(event.c.id).cte(name)


_INSERT = prepare(select(func.count()).select_from(insertion()))


async def insert_many(tx: Executor, values: Mapping[str, Any]) -> None:
    """Insert new events; `values` are the parameters of `insertion`."""
    await tx.run(_INSERT, **values)


def appending(*more: Writing) -> Prepared:
    """The appending of a batch of events with whatever is to be written beside it: how many were new."""
    return prepare(select(func.count()).select_from(insertion(name="appended", again=True)).add_cte(*more))


def append_parameters(events: Sequence[Event]) -> dict[str, str]:
    """The values for `appending`."""
    return given_events(
        {
            "id": one.id,
            "occurred": one.occurred,
            "event": one.event,
            "resource_id": one.resource.root[RESOURCE_ID],
            "resource": one.resource.root,
            "related": [each.root for each in one.related],
            "payload": one.payload,
            "follows": one.follows,
        }
        for one in events
    )


def given_events(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The parameter of `insertion` for events with a value for each column."""
    return {"given_events": dump_json(list(events))}

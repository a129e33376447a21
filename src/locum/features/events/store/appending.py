"""The appending of events to the log."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, JSON, Text, Uuid, bindparam, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from locum.features.events.schemas import RESOURCE_ID, Event
from locum.infra.db import Executor, Prepared, dump_json, prepare
from locum.tables.base import Instant
from locum.tables.events import event

Writing = CTE
"""Something that is written in the statement that appends events."""

_COLUMNS = {
    "id": Uuid(),
    "occurred": Instant,
    "event": Text(),
    "resource_id": Text(),
    "resource": Text(),
    "related": Text(),
    "payload": Text(),
    "follows": Uuid(),
}


def insertion(
    *, only_if: CTE | None = None, among: CTE | None = None, name: str = "announced", again: bool = False
) -> CTE:
    """The inserting of events as a CTE, for `statement.add_cte(...)`: no round trip of its own.

    Its parameters are arrays, one per column, as `append_parameters` makes them. With `only_if`, nothing is inserted
    unless that CTE has a row; with `among`, only events whose id is an `event_id` of that CTE; with `again`, events
    that are there already are left alone.
    """
    arrays = [bindparam(f"event_{column}", type_=ARRAY(kind)) for column, kind in _COLUMNS.items()]
    given = func.unnest(*arrays).table_valued(*_COLUMNS, name="given").render_derived(name="given")
    related_ids = literal_column(
        "array(select r ->> 'prefect.resource.id' from jsonb_array_elements(given.related::jsonb) r)", ARRAY(Text)
    )
    rows = select(
        given.c.id,
        given.c.occurred,
        given.c.event,
        given.c.resource_id,
        literal_column("given.resource::jsonb", JSONB),
        literal_column("given.related::jsonb", JSONB),
        literal_column("given.payload::json", JSON),
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


def append_parameters(events: Sequence[Event]) -> dict[str, list[Any]]:
    """The values for `appending`, one array per column."""
    return {
        "event_id": [one.id for one in events],
        "event_occurred": [one.occurred for one in events],
        "event_event": [one.event for one in events],
        "event_resource_id": [one.resource.root[RESOURCE_ID] for one in events],
        "event_resource": [dump_json(one.resource.root) for one in events],
        "event_related": [dump_json([each.root for each in one.related]) for one in events],
        "event_payload": [dump_json(one.payload) for one in events],
        "event_follows": [one.follows for one in events],
    }

"""The reading of the log: pages of what a filter lets through, and what has been appended since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Select, Text, Uuid, and_, bindparam, func, literal, select, tuple_
from sqlalchemy import literal_column as sql

from locum.filters.events import EventFilter, Happened
from locum.infra.db import Executor, Row, json_list, json_object, prepare, select_page
from locum.tables.base import Instant
from locum.tables.events import event

PROJECTION = json_object(
    event,
    {
        "occurred": event.c.occurred,
        "event": event.c.event,
        "resource": event.c.resource,
        "related": event.c.related,
        "payload": event.c.payload,
        "id": event.c.id,
        "follows": event.c.follows,
        "received": event.c.received,
    },
)

COUNTED_AT_MOST = 1_000_000
"""A total is counted up to here: what it costs to know it exactly, nobody would wait for."""


def _page(wanted: EventFilter, limit: int, offset: int) -> Select[Any]:
    if not wanted.distinct:
        page = select_page(event).where(*wanted.clauses())
        return page.order_by(*wanted.ordering()).limit(limit).offset(offset)
    number = func.row_number().over(partition_by=event.c.resource_id, order_by=wanted.ordering()).label("number")
    numbered = select_page(event).add_columns(number).where(*wanted.clauses()).subquery(event.name)
    first = select(sql("event.*", Text)).select_from(numbered).where(sql("event.number", Integer) == 1)
    order = wanted.order.value
    return (
        first.order_by(sql(f"event.occurred {order}", Text), sql(f"event.id {order}", Text)).limit(limit).offset(offset)
    )


async def page(tx: Executor, wanted: EventFilter, limit: int, offset: int) -> bytes:
    """One page of the events wanted as a JSON array."""
    return await tx.value(json_list(PROJECTION, _page(wanted, limit, offset), event))


async def count(tx: Executor, wanted: EventFilter) -> int:
    """How many events are wanted, up to `COUNTED_AT_MOST`."""
    found = select(event.c.resource_id).where(*wanted.clauses())
    found = (found.distinct() if wanted.distinct else found).limit(COUNTED_AT_MOST)
    total: int = await tx.value(select(func.count()).select_from(found.subquery("found")))
    return total


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """A place in the log, in the order in which followers read it."""

    txid: int
    seq: int


@dataclass(slots=True)
class Entry:
    """An event as followers get it: to be matched, and as JSON text to be sent."""

    position: Position
    happened: Happened
    json: str


_VISIBLE = sql("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger)
_END = prepare(select(_VISIBLE))
_AFTER = prepare(
    select(
        event.c.txid,
        event.c.seq,
        event.c.id,
        event.c.occurred,
        event.c.event,
        event.c.resource,
        event.c.related,
        event.c.payload,
        PROJECTION.label("json"),
    )
    .select_from(event)
    .where(
        and_(
            tuple_(event.c.txid, event.c.seq)
            > tuple_(bindparam("txid", type_=BigInteger), bindparam("seq", type_=BigInteger)),
            event.c.txid < _VISIBLE,
        )
    )
    .order_by(event.c.txid, event.c.seq)
    .limit(bindparam("limit", type_=BigInteger))
)


async def end(tx: Executor) -> Position:
    """The place behind every event that can be read by now; whatever is committed later lies after it.

    A transaction that still runs may append events before others that are committed already. So a follower reads only
    up to the oldest transaction that runs, and misses none.
    """
    oldest: int = await tx.value(_END)
    return Position(oldest - 1, 2**63 - 1)


async def after(tx: Executor, position: Position, limit: int) -> Sequence[Entry]:
    """The next events after a place, none of which can have another before it that is still to come."""
    rows = await tx.rows(_AFTER, txid=position.txid, seq=position.seq, limit=limit)
    return [
        Entry(
            Position(row["txid"], row["seq"]),
            Happened(
                id=row["id"],
                occurred=row["occurred"],
                event=row["event"],
                resource_text=row["resource"],
                related_text=row["related"],
                payload_text=row["payload"],
            ),
            row["json"],
        )
        for row in rows
    ]


async def until(
    tx: Executor, wanted: EventFilter, last: Position, seen: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row]:
    """The next events wanted that lie up to a place in the log, oldest first: occurred, id and JSON text of each."""
    statement = (
        select(event.c.occurred, event.c.id, PROJECTION.label("json"))
        .select_from(event)
        .where(*wanted.clauses(), event.c.txid <= last.txid)
        .order_by(event.c.occurred, event.c.id)
        .limit(limit)
    )
    if seen is not None:
        statement = statement.where(
            tuple_(event.c.occurred, event.c.id) > tuple_(literal(seen[0], Instant), literal(seen[1], Uuid))
        )
    return await tx.rows(statement)

"""The counting of events by interval, name or resource."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Numeric, Text, func, literal, select
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from locum.filters.events import EventFilter
from locum.infra.db import Executor, Row
from locum.tables.base import Instant
from locum.tables.events import event

_GROUPS_AT_MOST = 10_000


async def by_interval(tx: Executor, wanted: EventFilter, pivot: datetime, length: timedelta) -> Mapping[int, int]:
    """How many events lie in each interval that has any; intervals are numbered from the pivot."""
    # Numbers of any precision: a float may put what lies at the very beginning of an interval into the one before.
    since = func.extract("epoch", event.c.occurred - literal(pivot, Instant)).cast(Numeric)
    seconds = Decimal(length // timedelta(microseconds=1)).scaleb(-6)
    number = func.floor(since / literal(seconds, Numeric)).cast(BigInteger).label("number")
    statement = select(number, func.count().label("count")).where(*wanted.clauses()).group_by(number)
    return {row["number"]: row["count"] for row in await tx.rows(statement)}


async def by_name(tx: Executor, wanted: EventFilter) -> Sequence[Row]:
    """The names with how many events have each, the most frequent first."""
    return await _grouped(tx, wanted, event.c.event, event.c.event)


async def by_resource(tx: Executor, wanted: EventFilter) -> Sequence[Row]:
    """The ids of resources with the latest name of each, the most frequent first."""
    name = func.coalesce(
        event.c.resource["prefect.resource.name"].astext, event.c.resource["prefect.name"].astext, event.c.resource_id
    )
    return await _grouped(tx, wanted, event.c.resource_id, name)


async def _grouped(tx: Executor, wanted: EventFilter, value: Any, label: Any) -> Sequence[Row]:
    labels: Any = func.array_agg(aggregate_order_by(label, event.c.occurred.desc()), type_=ARRAY(Text))
    statement = (
        select(
            value.label("value"),
            labels[1].label("label"),
            func.count().label("count"),
            func.min(event.c.occurred).label("start_time"),
            func.max(event.c.occurred).label("end_time"),
        )
        .where(*wanted.clauses())
        .group_by(value)
        .order_by(func.count().desc(), sql("label", Text))
        .limit(_GROUPS_AT_MOST)
    )
    return await tx.rows(statement)

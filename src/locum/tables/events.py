"""The event log, which is also the bus: partitioned by the time of occurrence, followed in commit order."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Named, Table, Text, TypedColumns, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB

from locum.tables.base import Id, Instant, metadata


class EventColumns(TypedColumns):
    """Columns of `event`.

    A follower reads by `(txid, seq)` and never passes the oldest running transaction, so it misses nothing.
    `resource_ids` holds the ids of the event's own resource and of all related ones, for one index over both.
    """

    id: Named[UUID] = Column(Id, primary_key=True)
    occurred: Named[datetime] = Column(Instant, primary_key=True)
    received: Named[datetime] = Column(Instant, server_default=func.now())
    event: Named[str] = Column(Text)
    resource_id: Named[str] = Column(Text)
    resource: Named[Any] = Column(JSONB, nullable=False)
    related: Named[Any] = Column(JSONB, server_default="[]", nullable=False)
    payload: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    follows: Named[UUID | None] = Column(Id)
    resource_ids: Named[Any] = Column(ARRAY(Text), server_default="{}", nullable=False)
    txid: Named[int] = Column(BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"))
    seq: Named[int] = Column(BigInteger, Identity(always=False))


event = Table("event", metadata, EventColumns, postgresql_partition_by="RANGE (occurred)")
Index("ix_event__occurred_id", event.c.occurred, event.c.id)
Index("ix_event__event_occurred", event.c.event, event.c.occurred)
Index("ix_event__resource_id_occurred", event.c.resource_id, event.c.occurred)
Index("ix_event__resource_ids", event.c.resource_ids, postgresql_using="gin")
Index("ix_event__txid_seq", event.c.txid, event.c.seq)

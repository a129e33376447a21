"""Task workers, whichever replica they are connected to, and the task runs that are offered to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Identity, Index, Named, Table, Text, TypedColumns, func
from sqlalchemy.dialects.postgresql import JSONB

from locum.tables.base import Id, Instant, metadata


class TaskWorkerColumns(TypedColumns):
    """Columns of `task_worker`; a row that is not refreshed any more counts for nothing."""

    identifier: Named[str] = Column(Text, primary_key=True)
    task_keys: Named[Any] = Column(JSONB, server_default="[]", nullable=False)
    last_seen: Named[datetime] = Column(Instant, server_default=func.now())


task_worker = Table("task_worker", metadata, TaskWorkerColumns)


class TaskOfferColumns(TypedColumns):
    """Columns of `task_offer`: one row per task run that waits for a worker to confirm it.

    A row with a `taker` was sent to that connection, and is nobody else's before `taken_until`.
    """

    task_run_id: Named[UUID] = Column(Id, ForeignKey("task_run.id", ondelete="CASCADE"), primary_key=True)
    task_key: Named[str] = Column(Text)
    urgent: Named[bool] = Column(Boolean, server_default="false")
    place: Named[int] = Column(BigInteger, Identity())
    taker: Named[UUID | None] = Column(Id)
    taken_until: Named[datetime | None] = Column(Instant)


task_offer = Table("task_offer", metadata, TaskOfferColumns)
Index("ix_task_offer__task_key_urgent_place", task_offer.c.task_key, task_offer.c.urgent.desc(), task_offer.c.place)
Index("ix_task_offer__taker", task_offer.c.taker, postgresql_where=task_offer.c.taker.is_not(None))

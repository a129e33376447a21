"""Task workers: who is connected to be handed task runs, whichever replica it is connected to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Named, Table, Text, TypedColumns, func
from sqlalchemy.dialects.postgresql import JSONB

from locum.tables.base import Instant, metadata


class TaskWorkerColumns(TypedColumns):
    """Columns of `task_worker`; a row that is not refreshed any more counts for nothing."""

    identifier: Named[str] = Column(Text, primary_key=True)
    task_keys: Named[Any] = Column(JSONB, server_default="[]", nullable=False)
    last_seen: Named[datetime] = Column(Instant, server_default=func.now())


task_worker = Table("task_worker", metadata, TaskWorkerColumns)

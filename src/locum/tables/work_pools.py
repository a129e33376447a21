"""Work pools, their queues, and the workers that poll them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Named, Table, Text, func
from sqlalchemy.dialects.postgresql import JSON

from locum.tables.base import Id, Identified, Instant, metadata


class WorkPoolColumns(Identified):
    """Columns of `work_pool`."""

    name: Named[str] = Column(Text)
    description: Named[str | None] = Column(Text)
    type: Named[str] = Column(Text)
    base_job_template: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    is_paused: Named[bool] = Column(Boolean, server_default="false")
    default_queue_id: Named[UUID | None] = Column(Id)
    concurrency_limit: Named[int | None] = Column(Integer)
    status: Named[str] = Column(Text, server_default="NOT_READY")
    last_transitioned_status_at: Named[datetime | None] = Column(Instant)
    last_status_event_id: Named[UUID | None] = Column(Id)
    storage_configuration: Named[Any] = Column(JSON, server_default="{}", nullable=False)


work_pool = Table("work_pool", metadata, WorkPoolColumns)
Index("uq_work_pool__name", work_pool.c.name, unique=True)
Index("ix_work_pool__type", work_pool.c.type)


class WorkQueueColumns(Identified):
    """Columns of `work_queue`."""

    name: Named[str] = Column(Text)
    filter: Named[Any] = Column(JSON, nullable=True)
    description: Named[str] = Column(Text, server_default="")
    is_paused: Named[bool] = Column(Boolean, server_default="false")
    concurrency_limit: Named[int | None] = Column(Integer)
    priority: Named[int] = Column(Integer)
    last_polled: Named[datetime | None] = Column(Instant)
    status: Named[str] = Column(Text, server_default="NOT_READY")
    work_pool_id: Named[UUID] = Column(Id, ForeignKey("work_pool.id", ondelete="CASCADE"))


work_queue = Table("work_queue", metadata, WorkQueueColumns)
Index("uq_work_queue__work_pool_id_name", work_queue.c.work_pool_id, work_queue.c.name, unique=True)
Index("ix_work_queue__work_pool_id_priority", work_queue.c.work_pool_id, work_queue.c.priority)
Index("ix_work_queue__name", work_queue.c.name)


class WorkerColumns(Identified):
    """Columns of `worker`."""

    work_pool_id: Named[UUID] = Column(Id, ForeignKey("work_pool.id", ondelete="CASCADE"))
    name: Named[str] = Column(Text)
    last_heartbeat_time: Named[datetime] = Column(Instant, server_default=func.now())
    heartbeat_interval_seconds: Named[int | None] = Column(Integer)
    status: Named[str] = Column(Text, server_default="OFFLINE")


worker = Table("worker", metadata, WorkerColumns)
Index("uq_worker__work_pool_id_name", worker.c.work_pool_id, worker.c.name, unique=True)
Index("ix_worker__status_last_heartbeat_time", worker.c.status, worker.c.last_heartbeat_time)


class WorkerCleanupColumns(Identified):
    """Columns of `worker_cleanup`: what workers of a pool are asked to clean up after, until one has confirmed it.

    A row with a `token` was sent to a worker, which alone may settle it before `lease_expires_at`.
    """

    work_pool_id: Named[UUID] = Column(Id, ForeignKey("work_pool.id", ondelete="CASCADE"))
    work_queue_id: Named[UUID | None] = Column(Id)
    kind: Named[str] = Column(Text)
    target: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    delivery_count: Named[int] = Column(Integer, server_default="0")
    consumer_id: Named[UUID | None] = Column(Id)
    token: Named[str | None] = Column(Text)
    lease_expires_at: Named[datetime | None] = Column(Instant)


worker_cleanup = Table("worker_cleanup", metadata, WorkerCleanupColumns)
Index("ix_worker_cleanup__work_pool_id", worker_cleanup.c.work_pool_id)

"""Task runs with their current state, and the history of their states; both are written from events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, LargeBinary, Named, Table, Text, TypedColumns
from sqlalchemy.dialects.postgresql import JSON

from locum.tables.base import Id, Instant, metadata
from locum.tables.flow_runs import RunColumns, RunStateColumns


class TaskRunColumns(RunColumns):
    """Columns of `task_run`. No foreign key: an event may come before, or after, its flow run's row."""

    flow_run_id: Named[UUID | None] = Column(Id)
    task_key: Named[str] = Column(Text)
    dynamic_key: Named[str] = Column(Text)
    cache_key: Named[str | None] = Column(Text)
    cache_expiration: Named[datetime | None] = Column(Instant)
    task_version: Named[str | None] = Column(Text)
    flow_run_run_count: Named[int] = Column(Integer, server_default="0")
    task_inputs: Named[Any] = Column(JSON, server_default="{}", nullable=False)


task_run = Table("task_run", metadata, TaskRunColumns, postgresql_with={"fillfactor": "85"})
Index(
    "uq_task_run__flow_run_id_task_key_dynamic_key",
    task_run.c.flow_run_id,
    task_run.c.task_key,
    task_run.c.dynamic_key,
    unique=True,
)
Index("ix_task_run__expected_start_time", task_run.c.expected_start_time)
Index("ix_task_run__start_time", task_run.c.start_time)
Index("ix_task_run__end_time", task_run.c.end_time)
Index("ix_task_run__name", task_run.c.name)
Index("ix_task_run__state_type_start_time", task_run.c.state_type, task_run.c.start_time)
Index("ix_task_run__next_scheduled_start_time_id", task_run.c.next_scheduled_start_time, task_run.c.id)


class TaskRunStateColumns(RunStateColumns):
    """Columns of `task_run_state`, the history of task runs."""

    task_run_id: Named[UUID] = Column(Id)


task_run_state = Table("task_run_state", metadata, TaskRunStateColumns)
Index("ix_task_run_state__task_run_id_timestamp", task_run_state.c.task_run_id, task_run_state.c.timestamp)


class RememberedResultColumns(TypedColumns):
    """Columns of `remembered_result`: the newest state that completed under a cache key, by the key's digest."""

    key: Named[bytes] = Column(LargeBinary, primary_key=True)
    task_run_id: Named[UUID] = Column(Id)
    task_run_state_id: Named[UUID] = Column(Id)
    expiration: Named[datetime | None] = Column(Instant)


remembered_result = Table("remembered_result", metadata, RememberedResultColumns)
Index("ix_remembered_result__task_run_id", remembered_result.c.task_run_id)

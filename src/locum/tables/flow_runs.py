"""Flow runs with their current state, the history of their states, and the inputs sent to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Computed, Float, ForeignKey, Index, Integer, Named, Table, Text, TypedColumns
from sqlalchemy.dialects.postgresql import JSON

from locum.tables.base import Id, Identified, Instant, Labelled, metadata


class RunColumns(Labelled, Identified):
    """Columns that flow runs and task runs have in common.

    The current state lies on the row: whole, as the JSON that is answered, and in columns where filters look.
    """

    name: Named[str] = Column(Text)
    state_id: Named[UUID | None] = Column(Id)
    state_type: Named[str | None] = Column(Text)
    state_name: Named[str | None] = Column(Text)
    state_timestamp: Named[datetime | None] = Column(Instant)
    state: Named[Any] = Column(JSON, nullable=True)
    run_count: Named[int] = Column(Integer, server_default="0")
    expected_start_time: Named[datetime | None] = Column(Instant)
    next_scheduled_start_time: Named[datetime | None] = Column(Instant)
    start_time: Named[datetime | None] = Column(Instant)
    end_time: Named[datetime | None] = Column(Instant)
    total_run_time: Named[float] = Column(Float(53), server_default="0")
    empirical_policy: Named[Any] = Column(JSON, server_default="{}", nullable=False)


class FlowRunColumns(RunColumns):
    """Columns of `flow_run`; `effective_start` is what runs are sorted and bucketed by."""

    flow_id: Named[UUID] = Column(Id, ForeignKey("flow.id", ondelete="CASCADE"))
    deployment_id: Named[UUID | None] = Column(Id)
    deployment_version: Named[str | None] = Column(Text)
    work_queue_id: Named[UUID | None] = Column(Id)
    work_queue_name: Named[str | None] = Column(Text)
    flow_version: Named[str | None] = Column(Text)
    parameters: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    idempotency_key: Named[str | None] = Column(Text)
    context: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    parent_task_run_id: Named[UUID | None] = Column(Id)
    auto_scheduled: Named[bool] = Column(Boolean, server_default="false")
    infrastructure_document_id: Named[UUID | None] = Column(Id)
    infrastructure_pid: Named[str | None] = Column(Text)
    job_variables: Named[Any] = Column(JSON, nullable=True)
    created_by: Named[Any] = Column(JSON, nullable=True)
    effective_start: Named[datetime | None] = Column(
        Instant, Computed("coalesce(start_time, expected_start_time)", persisted=True)
    )


flow_run = Table("flow_run", metadata, FlowRunColumns, postgresql_with={"fillfactor": "85"})
Index("uq_flow_run__flow_id_idempotency_key", flow_run.c.flow_id, flow_run.c.idempotency_key, unique=True)
Index("ix_flow_run__effective_start", flow_run.c.effective_start)
Index("ix_flow_run__state_type_effective_start", flow_run.c.state_type, flow_run.c.effective_start)
Index("ix_flow_run__deployment_id_effective_start", flow_run.c.deployment_id, flow_run.c.effective_start)
Index("ix_flow_run__flow_id_effective_start", flow_run.c.flow_id, flow_run.c.effective_start)
Index("ix_flow_run__expected_start_time", flow_run.c.expected_start_time)
# the id, because runs that have not ended are many that are equal here
Index("ix_flow_run__end_time_id", flow_run.c.end_time, flow_run.c.id)
Index("ix_flow_run__next_scheduled_start_time_id", flow_run.c.next_scheduled_start_time, flow_run.c.id)
Index("ix_flow_run__state_name", flow_run.c.state_name)
Index("ix_flow_run__tags", flow_run.c.tags, postgresql_using="gin")
Index("ix_flow_run__name", flow_run.c.name)
Index("ix_flow_run__parent_task_run_id", flow_run.c.parent_task_run_id)
Index(
    # Text within names. Not made where pg_trgm cannot be had (docs/decisions/0010-indexes-by-measure.md).
    "ix_flow_run__name_trigrams",
    flow_run.c.name,
    postgresql_using="gin",
    postgresql_ops={"name": "gin_trgm_ops"},
)
Index(
    "ix_flow_run__flow_scheduled",
    flow_run.c.flow_id,
    flow_run.c.next_scheduled_start_time,
    postgresql_where=flow_run.c.state_type == "SCHEDULED",
)
Index(
    # Runs that may become late. Those that are late already keep their due time and would be found again and again.
    "ix_flow_run__punctual",
    flow_run.c.next_scheduled_start_time,
    postgresql_where=flow_run.c.state_name == "Scheduled",
)
Index(
    "ix_flow_run__queue_scheduled",
    flow_run.c.work_queue_id,
    flow_run.c.next_scheduled_start_time,
    postgresql_where=flow_run.c.state_type == "SCHEDULED",
)
Index(
    "ix_flow_run__deployment_scheduled",
    flow_run.c.deployment_id,
    flow_run.c.auto_scheduled,
    flow_run.c.next_scheduled_start_time,
    postgresql_where=flow_run.c.state_type == "SCHEDULED",
)
Index(
    # the type makes counting the holders of slots an affair of the index alone
    "ix_flow_run__queue_active",
    flow_run.c.work_queue_id,
    flow_run.c.state_type,
    postgresql_where=flow_run.c.state_type.in_(("PENDING", "RUNNING", "CANCELLING")),
)


class RunStateColumns(TypedColumns):
    """Columns that the histories of flow runs and task runs have in common.

    A history is ordered by (timestamp, id), which need not be unique.
    """

    id: Named[UUID] = Column(Id, primary_key=True)
    type: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    timestamp: Named[datetime] = Column(Instant)
    message: Named[str | None] = Column(Text)
    state_details: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    data: Named[Any] = Column(JSON, nullable=True)


class FlowRunStateColumns(RunStateColumns):
    """Columns of `flow_run_state`, the history of flow runs."""

    flow_run_id: Named[UUID] = Column(Id)


flow_run_state = Table("flow_run_state", metadata, FlowRunStateColumns)
Index("ix_flow_run_state__flow_run_id_timestamp", flow_run_state.c.flow_run_id, flow_run_state.c.timestamp)


class FlowRunInputColumns(Identified):
    """Columns of `flow_run_input`."""

    flow_run_id: Named[UUID] = Column(Id, ForeignKey("flow_run.id", ondelete="CASCADE"))
    key: Named[str] = Column(Text)
    value: Named[str] = Column(Text)
    sender: Named[str | None] = Column(Text)


flow_run_input = Table("flow_run_input", metadata, FlowRunInputColumns)
Index("uq_flow_run_input__flow_run_id_key", flow_run_input.c.flow_run_id, flow_run_input.c.key, unique=True)

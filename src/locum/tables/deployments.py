"""Deployments and their schedules."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Named, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from locum.tables.base import Id, Identified, Instant, Labelled, metadata


class DeploymentColumns(Labelled, Identified):
    """Columns of `deployment`; `horizon` is when its schedules are looked at next, null for never."""

    name: Named[str] = Column(Text)
    version: Named[str | None] = Column(Text)
    description: Named[str | None] = Column(Text)
    flow_id: Named[UUID] = Column(Id, ForeignKey("flow.id", ondelete="CASCADE"))
    work_queue_id: Named[UUID | None] = Column(Id, ForeignKey("work_queue.id", ondelete="SET NULL"))
    work_queue_name: Named[str | None] = Column(Text)
    job_variables: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    path: Named[str | None] = Column(Text)
    entrypoint: Named[str | None] = Column(Text)
    last_polled: Named[datetime | None] = Column(Instant)
    status: Named[str] = Column(Text, server_default="NOT_READY")
    paused: Named[bool] = Column(Boolean, server_default="false")
    concurrency_limit_id: Named[UUID | None] = Column(Id, ForeignKey("concurrency_limit.id", ondelete="SET NULL"))
    concurrency_options: Named[Any] = Column(JSON, nullable=True)
    parameters: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    pull_steps: Named[Any] = Column(JSON, nullable=True)
    parameter_openapi_schema: Named[Any] = Column(JSON, nullable=True)
    enforce_parameter_schema: Named[bool] = Column(Boolean, server_default="true")
    created_by: Named[Any] = Column(JSON, nullable=True)
    updated_by: Named[Any] = Column(JSON, nullable=True)
    infrastructure_document_id: Named[UUID | None] = Column(Id)
    storage_document_id: Named[UUID | None] = Column(Id)
    version_info: Named[Any] = Column(JSON, nullable=True)
    horizon: Named[datetime | None] = Column(Instant)


deployment = Table("deployment", metadata, DeploymentColumns)
Index("uq_deployment__flow_id_name", deployment.c.flow_id, deployment.c.name, unique=True)
Index("ix_deployment__created", deployment.c.created)
Index("ix_deployment__updated", deployment.c.updated)
Index("ix_deployment__name", deployment.c.name)
Index("ix_deployment__work_queue_id", deployment.c.work_queue_id)
Index("ix_deployment__concurrency_limit_id", deployment.c.concurrency_limit_id)
Index("ix_deployment__horizon", deployment.c.horizon, postgresql_where=~deployment.c.paused)


class DeploymentScheduleColumns(Identified):
    """Columns of `deployment_schedule`."""

    deployment_id: Named[UUID] = Column(Id, ForeignKey("deployment.id", ondelete="CASCADE"))
    schedule: Named[Any] = Column(JSON, nullable=False)
    active: Named[bool] = Column(Boolean, server_default="true")
    max_scheduled_runs: Named[int | None] = Column(Integer)
    parameters: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    slug: Named[str | None] = Column(Text)


deployment_schedule = Table("deployment_schedule", metadata, DeploymentScheduleColumns)
Index(
    "uq_deployment_schedule__deployment_id_slug",
    deployment_schedule.c.deployment_id,
    deployment_schedule.c.slug,
    unique=True,
)

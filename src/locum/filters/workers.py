"""Filters of workers."""

from pydantic import Field

from locum.domain.statuses import WorkerStatus
from locum.filters.fields import Span
from locum.filters.language import Criterion, Group
from locum.tables.work_pools import worker


class WorkerFilterLastHeartbeatTime(Span, on=worker.c.last_heartbeat_time):
    """Workers by when they were last heard from."""


class WorkerFilterStatus(Criterion, on=worker.c.status):
    """Workers by status."""

    any_: list[WorkerStatus] | None = Field(default=None, description="The statuses wanted")
    not_any_: list[WorkerStatus] | None = Field(default=None, description="The statuses not wanted")


class WorkerFilter(Group):
    """Workers that satisfy what is given here."""

    last_heartbeat_time: WorkerFilterLastHeartbeatTime | None = Field(default=None, description="By last heartbeat")
    status: WorkerFilterStatus | None = Field(default=None, description="By status")

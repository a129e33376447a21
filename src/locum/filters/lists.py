"""The body of each operation that lists or counts."""

from typing import Annotated, ClassVar

from pydantic import Field, WithJsonSchema

from locum.domain.moments import Moment
from locum.filters import ties
from locum.filters.body import (
    Bulk,
    ByAll,
    ByAllForHistory,
    ByRuns,
    ByRunsAndPools,
    ByRunsUnsaid,
    Filters,
    NullIsDefault,
    NullUnsaid,
    Offset,
    Paged,
)
from locum.filters.deployments import DeploymentFilter
from locum.filters.flow_runs import FlowRunFilter
from locum.filters.flows import FlowFilter
from locum.filters.logs import LogFilter
from locum.filters.sorting import DeploymentSort, FlowRunSort, FlowSort, LogSort, TaskRunSort
from locum.filters.ties import Target
from locum.filters.work_pools import WorkPoolFilter
from locum.filters.work_queues import WorkQueueFilter
from locum.filters.workers import WorkerFilter

Seconds = Annotated[float, Field(allow_inf_nan=False), WithJsonSchema({"type": "number", "format": "time-delta"})]


class CountFlows(ByRunsUnsaid):
    """Which flows to count."""

    target: ClassVar[Target] = ties.FLOWS
    work_pools: Annotated[WorkPoolFilter | None, NullUnsaid] = Field(default=None, description="Filter by work pools")


class FilterFlows(Offset, CountFlows):
    """Which flows to list."""

    sort: Annotated[FlowSort, NullIsDefault] = FlowSort.NAME_ASC


class PaginateFlows(Paged, ByRunsAndPools):
    """Which page of flows to list."""

    target: ClassVar[Target] = ties.FLOWS
    sort: Annotated[FlowSort, NullIsDefault] = FlowSort.NAME_ASC


class BulkDeleteFlows(Bulk, Filters):
    """Which flows to delete."""

    target: ClassVar[Target] = ties.FLOWS
    flows: FlowFilter | None = Field(default=None, description="Filter by flows")


class CountFlowRuns(ByAll):
    """Which flow runs to count."""

    target: ClassVar[Target] = ties.FLOW_RUNS


class FilterFlowRuns(Offset, CountFlowRuns):
    """Which flow runs to list."""

    sort: Annotated[FlowRunSort, NullIsDefault] = FlowRunSort.ID_DESC


class PaginateFlowRuns(Paged, CountFlowRuns):
    """Which page of flow runs to list."""

    sort: Annotated[FlowRunSort, NullIsDefault] = FlowRunSort.ID_DESC


class BulkFlowRuns(Bulk, Filters):
    """Which flow runs to act on."""

    target: ClassVar[Target] = ties.FLOW_RUNS
    flow_runs: FlowRunFilter | None = Field(default=None, description="Filter by flow runs")


class History(Filters):
    """Over which time, and in how many parts, to count runs."""

    history_start: Moment = Field(description="When the first interval begins")
    history_end: Moment = Field(description="When the last interval ends")
    history_interval_seconds: Seconds = Field(description="How long an interval is")


class FlowRunHistory(History, ByAllForHistory):
    """Which flow runs to count by interval."""

    target: ClassVar[Target] = ties.FLOW_RUNS


class CountTaskRuns(ByRunsUnsaid):
    """Which task runs to count."""

    target: ClassVar[Target] = ties.TASK_RUNS


class TaskRunHistory(History, CountTaskRuns):
    """Which task runs to count by interval."""


class FilterTaskRuns(Offset, ByRuns):
    """Which task runs to list."""

    target: ClassVar[Target] = ties.TASK_RUNS
    sort: Annotated[TaskRunSort, NullIsDefault] = TaskRunSort.ID_DESC


class PaginateTaskRuns(Paged, ByRuns):
    """Which page of task runs to list."""

    target: ClassVar[Target] = ties.TASK_RUNS
    sort: Annotated[TaskRunSort, NullIsDefault] = TaskRunSort.ID_DESC


class CountDeployments(ByAll):
    """Which deployments to count."""

    target: ClassVar[Target] = ties.DEPLOYMENTS


class FilterDeployments(Offset, CountDeployments):
    """Which deployments to list."""

    sort: Annotated[DeploymentSort, NullIsDefault] = DeploymentSort.NAME_ASC


class PaginateDeployments(Paged, CountDeployments):
    """Which page of deployments to list."""

    sort: Annotated[DeploymentSort, NullIsDefault] = DeploymentSort.NAME_ASC


class BulkDeleteDeployments(Bulk, Filters):
    """Which deployments to delete."""

    target: ClassVar[Target] = ties.DEPLOYMENTS
    deployments: DeploymentFilter | None = Field(default=None, description="Filter by deployments")


class CountWorkPools(Filters):
    """Which work pools to count."""

    target: ClassVar[Target] = ties.WORK_POOLS
    work_pools: WorkPoolFilter | None = Field(default=None, description="Filter by work pools")


class FilterWorkPools(Offset, CountWorkPools):
    """Which work pools to list."""


class FilterWorkQueues(Offset, Filters):
    """Which work queues to list."""

    target: ClassVar[Target] = ties.WORK_QUEUES
    work_queues: WorkQueueFilter | None = Field(default=None, description="Filter by work queues")


class FilterQueuesOfPool(Offset, Filters):
    """Which of a pool's queues to list."""

    target: ClassVar[Target] = ties.WORK_QUEUES
    work_queues: Annotated[WorkQueueFilter | None, NullUnsaid] = Field(
        default=None, description="Filter by work queues"
    )


class FilterWorkers(Offset, Filters):
    """Which of a pool's workers to list."""

    target: ClassVar[Target] = ties.WORKERS
    workers: WorkerFilter | None = Field(default=None, description="Filter by workers")


class FilterLogs(Offset, Filters):
    """Which logs to list."""

    target: ClassVar[Target] = ties.LOGS
    logs: LogFilter | None = Field(default=None, description="Filter by logs")
    sort: Annotated[LogSort, NullIsDefault] = LogSort.TIMESTAMP_ASC

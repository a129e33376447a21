"""Wire models of work pools, their queues and workers."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from locum.domain.job_templates import check_base_job_template
from locum.domain.moments import Moment
from locum.domain.names import FilledName, Name
from locum.domain.states import StateType
from locum.domain.statuses import WorkerStatus, WorkPoolStatus, WorkQueueStatus
from locum.filters.body import NullIsDefault, NullUnsaid
from locum.infra.web import Embedded

PAUSES = "No run of a paused one is handed out"

_Template = Annotated[dict[str, Any], AfterValidator(check_base_job_template)]


class WorkPoolStorageConfiguration(BaseModel):
    """Where code and results of a pool's runs are stored."""

    model_config = ConfigDict(extra="forbid")

    bundle_upload_step: dict[str, Any] | None = Field(default=None, description="How a bundle is uploaded")
    bundle_execution_step: dict[str, Any] | None = Field(default=None, description="How a bundle is fetched and run")
    default_result_storage_block_id: UUID | None = Field(default=None, description="The block that results go to")


def _nowhere_special() -> WorkPoolStorageConfiguration:
    return WorkPoolStorageConfiguration()


class WorkPoolCreate(BaseModel):
    """What is needed to make a work pool."""

    model_config = ConfigDict(extra="forbid")

    name: FilledName = Field(description="Name of the pool, unique")
    description: str | None = Field(default=None, description="What the pool is for")
    type: str = Field(default="prefect-agent", description="Which kind of worker carries out its runs")
    base_job_template: _Template = Field(default_factory=dict[str, Any], description="How its jobs are set up")
    is_paused: bool = Field(default=False, description=PAUSES)
    concurrency_limit: NonNegativeInt | None = Field(default=None, description="How many of its runs may be under way")
    storage_configuration: WorkPoolStorageConfiguration = Field(
        default_factory=_nowhere_special, description="Where code and results are stored"
    )


class WorkPoolUpdate(BaseModel):
    """What may be changed of a work pool."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(default=None, description="What the pool is for")
    is_paused: bool | None = Field(default=None, description=PAUSES)
    base_job_template: _Template | None = Field(default=None, description="How its jobs are set up")
    concurrency_limit: NonNegativeInt | None = Field(default=None, description="How many of its runs may be under way")
    storage_configuration: WorkPoolStorageConfiguration | None = Field(
        default=None, description="Where code and results are stored"
    )


class WorkPoolResponse(BaseModel):
    """A work pool as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: FilledName = Field(description="Name of the pool, unique")
    description: str | None = Field(default=None, description="What the pool is for")
    type: str = Field(description="Which kind of worker carries out its runs")
    base_job_template: dict[str, Any] = Field(default_factory=dict, description="How its jobs are set up")
    is_paused: bool = Field(default=False, description=PAUSES)
    concurrency_limit: NonNegativeInt | None = Field(default=None, description="How many of its runs may be under way")
    status: WorkPoolStatus | None = Field(
        default=None, description="Whether a worker polls it; null for pools of agents"
    )
    default_queue_id: UUID | None = Field(default=None, description="The queue of runs that name none")
    storage_configuration: WorkPoolStorageConfiguration = Field(
        default_factory=_nowhere_special, description="Where code and results are stored"
    )
    active_slots: int | None = Field(default=None, description="How many runs are under way, where there is a limit")


class QueueFilter(BaseModel):
    """Which runs an old queue without a pool takes."""

    tags: list[str] | None = Field(default=None, description="Tags that a run must have, all of them")
    deployment_ids: list[UUID] | None = Field(default=None, description="Deployments of which a run must be")


class WorkQueueCreate(BaseModel):
    """What is needed to make a work queue."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Name of the queue, unique in its pool")
    description: str | None = Field(default="", description="What the queue is for")
    is_paused: bool = Field(default=False, description=PAUSES)
    concurrency_limit: NonNegativeInt | None = Field(default=None, description="How many of its runs may be under way")
    priority: PositiveInt | None = Field(
        default=None, description="Its place among the pool's queues, 1 being the first"
    )
    filter: QueueFilter | None = Field(
        default=None, description="Which runs it takes, for old queues", json_schema_extra={"deprecated": True}
    )


class WorkQueueUpdate(BaseModel):
    """What may be changed of a work queue."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, description="Name of the queue, unique in its pool")
    description: str | None = Field(default=None, description="What the queue is for")
    is_paused: bool = Field(default=False, description=PAUSES)
    concurrency_limit: NonNegativeInt | None = Field(default=None, description="How many of its runs may be under way")
    priority: PositiveInt | None = Field(
        default=None, description="Its place among the pool's queues, 1 being the first"
    )
    last_polled: Moment | None = Field(default=None, description="When it was last polled")
    filter: QueueFilter | None = Field(
        default=None, description="Which runs it takes, for old queues", json_schema_extra={"deprecated": True}
    )


class WorkQueueResponse(BaseModel):
    """A work queue as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: Name = Field(description="Name of the queue, unique in its pool")
    description: str | None = Field(default="", description="What the queue is for")
    is_paused: bool = Field(default=False, description=PAUSES)
    concurrency_limit: NonNegativeInt | None = Field(default=None, description="How many of its runs may be under way")
    priority: PositiveInt = Field(default=1, description="Its place among the pool's queues, 1 being the first")
    work_pool_id: UUID | None = Field(default=None, description="The pool it belongs to")
    filter: QueueFilter | None = Field(
        default=None, description="Which runs it takes, for old queues", json_schema_extra={"deprecated": True}
    )
    last_polled: Moment | None = Field(default=None, description="When it was last polled")
    work_pool_name: str | None = Field(default=None, description="Name of the pool it belongs to")
    status: WorkQueueStatus | None = Field(default=None, description="Whether it is being polled")
    active_slots: int | None = Field(default=None, description="How many runs are under way, where there is a limit")


class WorkQueueHealthPolicy(BaseModel):
    """When a work queue counts as healthy."""

    maximum_late_runs: int | None = Field(default=0, description="How many of its runs may be late")
    maximum_seconds_since_last_polled: int | None = Field(
        default=60, description="How long ago it must have been polled"
    )


class WorkQueueStatusDetail(BaseModel):
    """Whether a work queue is healthy, and why."""

    healthy: bool = Field(description="Whether it is healthy")
    late_runs_count: int = Field(default=0, description="How many of its runs are late")
    last_polled: Moment | None = Field(default=None, description="When it was last polled")
    health_check_policy: WorkQueueHealthPolicy = Field(description="When it counts as healthy")


class WorkerHeartbeat(Embedded):
    """A worker's sign of life."""

    name: str = Field(description="Name of the worker, unique in its pool")
    heartbeat_interval_seconds: int | None = Field(default=None, description="How often it will give one")


class WorkerResponse(BaseModel):
    """A worker as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: str = Field(description="Name of the worker, unique in its pool")
    work_pool_id: UUID = Field(description="The pool it polls")
    last_heartbeat_time: Moment | None = Field(default=None, description="When it was last heard from")
    heartbeat_interval_seconds: int | None = Field(default=None, description="How often it is heard from")
    status: WorkerStatus = Field(default=WorkerStatus.OFFLINE, description="Whether it was heard from lately")


class FlowRunSlotSummary(BaseModel):
    """A run that holds a slot."""

    id: UUID = Field(description="Id of the run")
    name: str = Field(description="Name of the run")
    state_type: StateType | None = Field(default=None, description="Type of its state")
    state_name: str | None = Field(default=None, description="Name of its state")
    start_time: Moment | None = Field(default=None, description="When it began")
    state_timestamp: Moment | None = Field(default=None, description="When it came into its state")
    time_in_current_state: float | None = Field(default=None, description="Seconds since then")


class WorkQueueConcurrencyStatusDetail(BaseModel):
    """Who holds the slots of one of a pool's queues."""

    queue_id: UUID = Field(description="Id of the queue")
    queue_name: str = Field(description="Name of the queue")
    active_slots: int = Field(description="How many slots are held")
    concurrency_limit: int | None = Field(default=None, description="How many there are, if there is a limit")
    flow_runs: list[FlowRunSlotSummary] = Field(
        default_factory=list[FlowRunSlotSummary], description="Runs that hold them"
    )
    flow_run_count: int | None = Field(default=None, description="How many runs hold them")


class _SlotsPage(BaseModel):
    """One page of who holds slots."""

    active_slots: int = Field(description="How many slots are held")
    concurrency_limit: int | None = Field(default=None, description="How many there are, if there is a limit")


class WorkPoolConcurrencyStatus(_SlotsPage):
    """Who holds the slots of a pool, by queue."""

    queues: list[WorkQueueConcurrencyStatusDetail] = Field(
        default_factory=list[WorkQueueConcurrencyStatusDetail], description="The queues of this page"
    )
    count: int = Field(description="How many queues there are")
    limit: int = Field(description="How many queues are on a page")
    pages: int = Field(description="How many pages there are")
    page: int = Field(description="Which page this is")


class WorkQueueConcurrencyStatus(_SlotsPage):
    """Who holds the slots of a queue."""

    flow_runs: list[FlowRunSlotSummary] = Field(
        default_factory=list[FlowRunSlotSummary], description="The runs of this page"
    )
    count: int = Field(description="How many runs there are")
    limit: int = Field(description="How many runs are on a page")
    pages: int = Field(description="How many pages there are")
    page: int = Field(description="Which page this is")


Page = Annotated[int, Field(ge=1, description="Which page, the first being 1"), NullIsDefault]
Limit = Annotated[int | None, NullUnsaid]

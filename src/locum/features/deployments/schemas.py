"""Wire models of deployments and their schedules."""

from enum import StrEnum
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from locum.domain.moments import Moment
from locum.domain.names import Labels, Name
from locum.domain.orchestration import FlowRunPolicy
from locum.domain.parameters import CircularSchema, check_schema, conform_strictly
from locum.domain.schedules import CronSchedule, IntervalSchedule, NormalizedSchedule, RRuleSchedule
from locum.domain.slugs import new_slug
from locum.domain.states import StateCreate
from locum.domain.statuses import DeploymentStatus
from locum.features.concurrency.schemas import GlobalConcurrencyLimitResponse
from locum.features.flow_runs.schemas import CreatedBy, RunName
from locum.features.work_pools.schemas import QueueFilter
from locum.filters.body import Limited, NullUnsaid
from locum.infra.web import Embedded

Json = dict[str, Any]


def _said(schema: Any) -> Any:
    """A schema of parameters that says nothing, as one of an object without properties."""
    return {"type": "object", "properties": {}} if schema is None or schema == {} else schema


ParameterSchema = Annotated[Json, BeforeValidator(_said)]

_OLD_FIELDS = ("worker_pool_queue_id", "worker_pool_name", "worker_pool_queue_name", "work_pool_queue_name")
_OPEN: dict[str, Any] = {"additionalProperties": True}
_PAUSED = "Whether no runs are planned"
_LABELS = "Labels: text to text, number or boolean"
_MOST_PLANNED = "How many runs of it may be planned at once"
_SLUG = "A name of the schedule, unique in its deployment"
_REPLACES = "The slug of the schedule that this one takes the place of"


class ConcurrencyLimitStrategy(StrEnum):
    """What becomes of a run for which there is no slot."""

    ENQUEUE = "ENQUEUE"
    CANCEL_NEW = "CANCEL_NEW"


class ConcurrencyOptions(BaseModel):
    """How a deployment's concurrency limit is applied."""

    collision_strategy: ConcurrencyLimitStrategy
    grace_period_seconds: Annotated[int, Field(ge=60, le=86400)] | None = Field(
        default=None, description="How long a run's infrastructure has to start before its slot is taken back"
    )


class UpdatedBy(BaseModel):
    """Who changed a thing, where the server changed it for somebody."""

    id: UUID | None = Field(default=None, description="Id of whoever changed it")
    type: str | None = Field(default=None, description="What kind of thing that is")
    display_value: str | None = Field(default=None, description="How to show it")


class VersionInfo(BaseModel):
    """Where a version of a deployment comes from."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Which kind of version it is")
    version: str = Field(description="The version")


class DeploymentScheduleCreate(BaseModel):
    """What is needed to make a schedule."""

    model_config = ConfigDict(extra="forbid")

    active: bool = Field(default=True, description="Whether runs are planned by it")
    schedule: NormalizedSchedule = Field(description="When it fires")
    max_scheduled_runs: PositiveInt | None = Field(default=None, description=_MOST_PLANNED)
    parameters: Json = Field(default_factory=dict, description="Parameters that replace the deployment's")
    slug: str | None = Field(default=None, description=_SLUG)
    replaces: str | None = Field(default=None, description=_REPLACES)


class DeploymentScheduleUpdate(BaseModel):
    """What may be changed of a schedule; what is null stays."""

    model_config = ConfigDict(extra="forbid")

    active: bool | None = Field(default=None, description="Whether runs are planned by it")
    schedule: NormalizedSchedule | None = Field(default=None, description="When it fires")
    max_scheduled_runs: PositiveInt | None = Field(default=None, description=_MOST_PLANNED)
    parameters: Json = Field(default_factory=dict, description="Parameters that replace the deployment's")
    slug: str | None = Field(default=None, description=_SLUG)
    replaces: str | None = Field(default=None, description=_REPLACES)


class DeploymentSchedule(BaseModel):
    """A schedule as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    deployment_id: UUID | None = Field(default=None, description="The deployment that it belongs to")
    schedule: IntervalSchedule | CronSchedule | RRuleSchedule = Field(description="When it fires")
    active: bool = Field(default=True, description="Whether runs are planned by it")
    max_scheduled_runs: PositiveInt | None = Field(default=None, description=_MOST_PLANNED)
    parameters: Json = Field(default_factory=dict, description="Parameters that replace the deployment's")
    slug: str | None = Field(default=None, description=_SLUG)


def _one_limit(values: Any) -> Any:
    given = cast("Json", values) if isinstance(values, dict) else {}
    if given.get("concurrency_limit") and given.get("global_concurrency_limit_id"):
        raise ValueError("A deployment cannot have both a concurrency limit and a global concurrency limit.")
    return cast("Any", values)


def _without_old_fields(values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    return {name: value for name, value in cast("Json", values).items() if name not in _OLD_FIELDS}


class DeploymentCreate(BaseModel):
    """What is needed to make a deployment, or to replace the one of that flow and name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="Name of the deployment, unique within its flow", examples=["my-deployment"])
    flow_id: UUID = Field(description="The flow that is deployed")
    paused: bool = Field(default=False, description=_PAUSED)
    schedules: list[DeploymentScheduleCreate] = Field(
        default_factory=list[DeploymentScheduleCreate], description="Its schedules"
    )
    concurrency_limit: PositiveInt | None = Field(default=None, description="How many of its runs may be under way")
    concurrency_options: ConcurrencyOptions | None = Field(default=None, description="How that limit is applied")
    global_concurrency_limit_id: UUID | None = Field(default=None, description="A limit shared with others")
    enforce_parameter_schema: bool = Field(default=True, description="Whether parameters must conform to the schema")
    parameter_openapi_schema: ParameterSchema | None = Field(
        default_factory=lambda: {"type": "object", "properties": {}},
        description="Schema of the flow's parameters",
        json_schema_extra=_OPEN,
    )
    parameters: Json = Field(default_factory=dict, description="Parameters of runs, unless they bring others")
    tags: list[str] = Field(default_factory=list, description="Tags of the deployment", examples=[["one", "another"]])
    labels: Labels | None = Field(default_factory=dict[str, Any], description=_LABELS)
    pull_steps: list[Json] | None = None
    work_queue_name: str | None = None
    work_pool_name: str | None = Field(default=None, description="Name of its work pool", examples=["my-work-pool"])
    storage_document_id: UUID | None = None
    infrastructure_document_id: UUID | None = None
    description: str | None = None
    path: str | None = None
    version: str | None = None
    entrypoint: str | None = None
    job_variables: Json = Field(default_factory=dict, description="Overrides of the pool's job template")
    version_info: VersionInfo | None = Field(default=None, description="Where this version comes from")

    # The checks run from the last to the first.
    @model_validator(mode="before")
    @classmethod
    def _forget_old_fields(cls, values: Any) -> Any:
        return _without_old_fields(values)

    @model_validator(mode="before")
    @classmethod
    def _parameters_conform(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        given = cast("Json", values)
        schema = given.get("parameter_openapi_schema")
        if given.get("enforce_parameter_schema"):
            try:
                conform_strictly(given.get("parameters", {}), schema)
                if schema is not None:
                    check_schema(schema)
            except CircularSchema as error:
                raise ValueError("The parameter schema goes in circles, or takes too long to check.") from error
        # the peer shows this default where it shows what it was sent
        given.setdefault("parameters", {})
        return given

    @model_validator(mode="before")
    @classmethod
    def _at_most_one_limit(cls, values: Any) -> Any:
        return _one_limit(values)


class DeploymentUpdate(BaseModel):
    """What may be changed of a deployment; what is not given stays."""

    model_config = ConfigDict(extra="forbid")

    version: str | None = None
    description: str | None = None
    paused: bool = Field(default=False, description=_PAUSED)
    schedules: list[DeploymentScheduleUpdate] = Field(
        default_factory=list[DeploymentScheduleUpdate], description="Its schedules"
    )
    concurrency_limit: PositiveInt | None = Field(default=None, description="How many of its runs may be under way")
    concurrency_options: ConcurrencyOptions | None = Field(default=None, description="How that limit is applied")
    global_concurrency_limit_id: UUID | None = Field(default=None, description="A limit shared with others")
    parameters: Json | None = Field(default=None, description="Parameters of runs, unless they bring others")
    parameter_openapi_schema: ParameterSchema | None = Field(
        default=None, description="Schema of the flow's parameters"
    )
    tags: list[str] = Field(default_factory=list, description="Tags of the deployment", examples=[["one", "another"]])
    work_queue_name: str | None = None
    work_pool_name: str | None = Field(default=None, description="Name of its work pool", examples=["my-work-pool"])
    path: str | None = None
    job_variables: Json | None = Field(default=None, description="Overrides of the pool's job template")
    pull_steps: list[Json] | None = None
    entrypoint: str | None = None
    storage_document_id: UUID | None = None
    infrastructure_document_id: UUID | None = None
    enforce_parameter_schema: bool | None = Field(
        default=None, description="Whether parameters must conform to the schema"
    )
    version_info: VersionInfo | None = Field(default=None, description="Where this version comes from")

    @model_validator(mode="before")
    @classmethod
    def _at_most_one_limit(cls, values: Any) -> Any:
        return _without_old_fields(_one_limit(values))


class DeploymentResponse(BaseModel):
    """A deployment as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: str = Field(description="Name of the deployment, unique within its flow")
    version: str | None = None
    description: str | None = None
    flow_id: UUID = Field(description="The flow that is deployed")
    paused: bool = Field(default=False, description=_PAUSED)
    schedules: list[DeploymentSchedule] = Field(default_factory=list[DeploymentSchedule], description="Its schedules")
    concurrency_limit: int | None = Field(default=None, description="Always null", deprecated=True)
    global_concurrency_limit: GlobalConcurrencyLimitResponse | None = Field(
        default=None, description="How many of its runs may be under way"
    )
    concurrency_options: ConcurrencyOptions | None = Field(default=None, description="How that limit is applied")
    job_variables: Json = Field(default_factory=dict, description="Overrides of the pool's job template")
    parameters: Json = Field(default_factory=dict, description="Parameters of runs, unless they bring others")
    tags: list[str] = Field(default_factory=list, description="Tags of the deployment", examples=[["one", "another"]])
    labels: Labels = Field(default_factory=dict[str, Any], description=_LABELS)
    work_queue_name: str | None = Field(default=None, description="Name of its work queue")
    work_queue_id: UUID | None = Field(default=None, description="Id of its work queue")
    last_polled: Moment | None = Field(default=None, description="When somebody last asked for its runs")
    parameter_openapi_schema: Json | None = Field(
        default=None, description="Schema of the flow's parameters", json_schema_extra=_OPEN
    )
    path: str | None = Field(default=None, description="Where the flow's code lies")
    pull_steps: list[Json] | None = Field(default=None, description="How to fetch the code and get ready to run it")
    entrypoint: str | None = Field(default=None, description="The file and function to run, seen from the path")
    storage_document_id: UUID | None = Field(default=None, description="The block that tells where the code lies")
    infrastructure_document_id: UUID | None = Field(default=None, description="The block that tells where to run")
    created_by: CreatedBy | None = Field(default=None, description="Who made it")
    updated_by: UpdatedBy | None = Field(default=None, description="Who changed it")
    work_pool_name: str | None = Field(default=None, description="Name of its work pool")
    status: DeploymentStatus | None = Field(
        default=DeploymentStatus.NOT_READY, description="Whether somebody would carry out its runs"
    )
    enforce_parameter_schema: bool = Field(default=True, description="Whether parameters must conform to the schema")


class DeploymentPaginationResponse(BaseModel):
    """One page of deployments."""

    results: list[DeploymentResponse]
    count: int
    limit: int
    pages: int
    page: int


class DeploymentBulkDeleteResponse(BaseModel):
    """Which deployments were deleted."""

    deleted: list[UUID] = Field(default_factory=list[UUID])


class DeploymentFlowRunCreate(BaseModel):
    """What may be said of a run that is made from a deployment."""

    model_config = ConfigDict(extra="forbid")

    state: StateCreate | None = Field(default=None, description="First state; scheduled at once unless given")
    name: RunName = Field(default_factory=new_slug, description="Name of the run; a random slug unless given")
    parameters: Json = Field(default_factory=dict)
    enforce_parameter_schema: bool | None = Field(
        default=None, description="Whether the parameters must conform; as the deployment says unless given"
    )
    context: Json = Field(default_factory=dict)
    infrastructure_document_id: UUID | None = None
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy, description="How the run is retried")
    tags: list[str] = Field(default_factory=list, description="Tags beside the deployment's", examples=[["one"]])
    idempotency_key: str | None = Field(default=None, description="A run of this flow with this key is made once only")
    labels: Labels | None = Field(default=None, description=_LABELS)
    parent_task_run_id: UUID | None = None
    work_queue_name: str | None = None
    job_variables: Json | None = Field(default_factory=dict, json_schema_extra=_OPEN)


class FlowRunCreateResult(BaseModel):
    """What became of one run of several that were asked for at once."""

    flow_run_id: UUID | None = None
    status: Literal["CREATED", "FAILED"]
    error: str | None = None


class FlowRunBulkCreateResponse(BaseModel):
    """What became of each run that was asked for."""

    results: list[FlowRunCreateResult] = Field(default_factory=list[FlowRunCreateResult])


class ScheduledRunsBody(Limited):
    """Whose planned runs are wanted, and until when."""

    deployment_ids: list[UUID] = Field(description="The deployments whose runs are wanted")
    scheduled_before: Annotated[Moment | None, NullUnsaid] = Field(default=None, description="Up to when they are due")


class ScheduleBody(Embedded):
    """Over which time, and how many, runs are to be planned."""

    start_time: Annotated[Moment | None, NullUnsaid] = Field(default=None, description="From when on; now unless given")
    end_time: Annotated[Moment | None, NullUnsaid] = Field(default=None, description="Until when at most")
    min_time: Annotated[float | None, NullUnsaid] = Field(
        default=None, description="How many seconds to cover at least", json_schema_extra={"format": "time-delta"}
    )
    min_runs: Annotated[int | None, NullUnsaid] = Field(default=None, description="How many runs to plan at least")
    max_runs: Annotated[int | None, NullUnsaid] = Field(default=None, description="How many runs to plan at most")


class WorkQueue(BaseModel):
    """A work queue as it is answered where deployments ask for it."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: Name = Field(description="Name of the queue, unique in its pool")
    description: str | None = Field(default="", description="What the queue is for")
    is_paused: bool = Field(default=False, description="No run of a paused one is handed out")
    concurrency_limit: NonNegativeInt | None = Field(default=None, description="How many of its runs may be under way")
    priority: PositiveInt = Field(default=1, description="Its place among the pool's queues, 1 being the first")
    work_pool_id: UUID | None = Field(default=None, description="The pool it belongs to")
    filter: QueueFilter | None = Field(default=None, description="Which runs it takes", deprecated=True)
    last_polled: Moment | None = Field(default=None, description="When it was last polled")

"""Wire models of flow runs."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from locum.domain.moments import Moment
from locum.domain.names import Labels
from locum.domain.orchestration import (
    FlowRunPolicy,
    SetStateStatus,
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateWaitDetails,
)
from locum.domain.slugs import new_slug
from locum.domain.states import State, StateCreate, StateType
from locum.filters.body import NullIsDefault
from locum.filters.lists import BulkFlowRuns
from locum.infra.web import Embedded

BULK_LIMIT = 50
"""How many runs a bulk operation touches at the most."""

RunName = Annotated[str, BeforeValidator(lambda name: name or new_slug())]
"""A run's name; an empty one is replaced by a random slug."""


class CreatedBy(BaseModel):
    """Who made a thing, where the server made it for somebody."""

    id: UUID | None = Field(default=None, description="Id of whoever made it")
    type: str | None = Field(default=None, description="What kind of thing that is")
    display_value: str | None = Field(default=None, description="How to show it")


class FlowRunCreate(BaseModel):
    """What is needed to make a flow run."""

    model_config = ConfigDict(extra="forbid")

    state: StateCreate | None = Field(default=None, description="First state; PENDING unless given")
    name: RunName = Field(default_factory=new_slug, description="Name of the run; a random slug unless given")
    flow_id: UUID = Field(description="The flow that is run")
    flow_version: str | None = Field(default=None, description="Version of the flow that is run")
    parameters: dict[str, Any] = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict, description="Free-form context of the run")
    parent_task_run_id: UUID | None = None
    infrastructure_document_id: UUID | None = None
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy, description="How the run is retried")
    tags: list[str] = Field(default_factory=list, description="Tags of the run")
    labels: Labels | None = Field(default_factory=dict[str, Any], description="Labels: text to text, number or boolean")
    idempotency_key: str | None = Field(default=None, description="A run of this flow with this key is made once only")
    work_pool_name: str | None = Field(default=None, description="The work pool to run in")
    work_queue_name: str | None = Field(default=None, description="The queue of that pool; its default unless given")
    job_variables: dict[str, Any] | None = Field(default=None, description="Overrides of the pool's job template")
    deployment_id: UUID | None = Field(
        default=None, description="The deployment that it runs for", json_schema_extra={"deprecated": True}
    )


class FlowRunUpdate(BaseModel):
    """What may be changed of a flow run; what is not given stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str | None, BeforeValidator(lambda name: name or new_slug())] = None
    flow_version: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy)
    tags: list[str] = Field(default_factory=list)
    infrastructure_pid: str | None = None
    job_variables: dict[str, Any] | None = None


class _FlowRunFields(BaseModel):
    """What every answer says of a flow run."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: str = Field(default_factory=new_slug, description="Name of the run")
    flow_id: UUID = Field(description="The flow that is run")
    state_id: UUID | None = Field(default=None, description="Id of the current state")
    deployment_id: UUID | None = Field(default=None, description="The deployment that it runs for")
    deployment_version: str | None = Field(default=None, description="Version of that deployment")
    work_queue_id: UUID | None = Field(default=None, description="Id of the work queue it waits in")
    work_queue_name: str | None = Field(default=None, description="Name of the work queue it waits in")
    flow_version: str | None = Field(default=None, description="Version of the flow that is run")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Parameters of the run")
    idempotency_key: str | None = Field(default=None, description="A run of this flow with this key is made once only")
    context: dict[str, Any] = Field(default_factory=dict, description="Free-form context of the run")
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy)
    tags: list[str] = Field(default_factory=list, description="Tags of the run")
    parent_task_run_id: UUID | None = Field(default=None, description="The task run that this subflow stands for")
    state_type: StateType | None = Field(default=None, description="Type of the current state")
    state_name: str | None = Field(default=None, description="Name of the current state")
    run_count: int = Field(default=0, description="How often the run was begun")
    expected_start_time: Moment | None = Field(default=None, description="When it was to begin")
    next_scheduled_start_time: Moment | None = Field(default=None, description="When it is to begin next")
    start_time: Moment | None = Field(default=None, description="When it began")
    end_time: Moment | None = Field(default=None, description="When it ended")
    total_run_time: float = Field(default=0.0, description="Seconds spent running, as of the last change of state")
    estimated_run_time: float = Field(default=0.0, description="Seconds spent running, the present stretch included")
    estimated_start_time_delta: float = Field(default=0.0, description="Seconds between expected and real begin")
    auto_scheduled: bool = Field(default=False, description="Whether a schedule made it")
    infrastructure_document_id: UUID | None = Field(default=None, description="The block that tells where to run")
    infrastructure_pid: str | None = Field(default=None, description="Id of the process or job that runs it")
    created_by: CreatedBy | None = Field(default=None, description="Who made the run")
    state: State | None = Field(default=None, description="The current state")
    job_variables: dict[str, Any] | None = Field(default=None, description="Overrides of the pool's job template")


class FlowRun(_FlowRunFields):
    """A flow run as it is handed out."""

    labels: Labels | None = Field(default_factory=dict[str, Any], description="Labels: text to text, number or boolean")


class FlowRunResponse(_FlowRunFields):
    """A flow run as it is answered."""

    labels: Labels = Field(default_factory=dict[str, Any], description="Labels: text to text, number or boolean")
    work_pool_id: UUID | None = Field(default=None, description="Id of the work pool of its queue")
    work_pool_name: str | None = Field(default=None, description="Name of the work pool of its queue")


class FlowRunPaginationResponse(BaseModel):
    """One page of flow runs."""

    results: list[FlowRunResponse]
    count: int
    limit: int
    pages: int
    page: int


class FlowRunBulkDeleteResponse(BaseModel):
    """Which flow runs were deleted."""

    deleted: list[UUID] = Field(default_factory=list[UUID])


class FlowRunOrchestrationResult(BaseModel):
    """What became of one run of a bulk transition."""

    flow_run_id: UUID
    status: SetStateStatus
    state: State | None = None
    details: StateAcceptDetails | StateWaitDetails | StateRejectDetails | StateAbortDetails


class FlowRunBulkSetStateResponse(BaseModel):
    """What became of each run of a bulk transition."""

    results: list[FlowRunOrchestrationResult] = Field(default_factory=list[FlowRunOrchestrationResult])


class FlowRunInput(BaseModel):
    """An input sent to a flow run."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    flow_run_id: UUID = Field(description="The run that it is for")
    key: str = Field(description="Under which key the run looks for it")
    value: str = Field(description="What was sent")
    sender: str | None = Field(default=None, description="Who sent it")


class SetStateBody(Embedded):
    """A proposed state, and whether to bypass the rules."""

    state: StateCreate = Field(description="The state proposed")
    force: bool = Field(default=False, description="Whether to bypass the rules that may alter or refuse it")


class BulkSetStateBody(BulkFlowRuns):
    """Which flow runs are to come into which state."""

    state: StateCreate = Field(description="The state proposed")
    force: Annotated[bool, NullIsDefault] = Field(default=False, description="Whether to bypass the rules")


class ResumeBody(Embedded):
    """Input for a paused run."""

    run_input: dict[str, Any] | None = None

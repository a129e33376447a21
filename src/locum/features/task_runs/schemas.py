"""Wire models of task runs."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from locum.domain.moments import Moment
from locum.domain.names import Labels
from locum.domain.orchestration import TaskRunPolicy
from locum.domain.slugs import new_slug
from locum.domain.states import State, StateCreate, StateType
from locum.infra.web import Embedded

CACHE_KEY_AT_MOST = 2000

RunName = Annotated[str, BeforeValidator(lambda name: name or new_slug())]
"""A run's name; an empty one is replaced by a random slug."""


def _cache_key(key: str | None) -> str | None:
    if key is not None and len(key) > CACHE_KEY_AT_MOST:
        raise ValueError(f"Cache key exceeded maximum allowed length of {CACHE_KEY_AT_MOST} characters.")
    return key


class TaskRunResult(BaseModel):
    """An input that is the result of a task run."""

    input_type: Literal["task_run"] = "task_run"
    id: UUID


class FlowRunResult(BaseModel):
    """An input that is the result of a flow run."""

    input_type: Literal["flow_run"] = "flow_run"
    id: UUID


class Parameter(BaseModel):
    """An input that is a parameter."""

    input_type: Literal["parameter"] = "parameter"
    name: str


class Constant(BaseModel):
    """An input that is a constant."""

    input_type: Literal["constant"] = "constant"
    type: str


TaskInputs = dict[str, list[TaskRunResult | FlowRunResult | Parameter | Constant]]


class TaskRunCreate(BaseModel):
    """What is needed to make a task run."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = Field(default=None, description="The id it is to have; a fresh one unless given")
    state: StateCreate | None = Field(default=None, description="First state; PENDING unless given")
    name: RunName = Field(default_factory=new_slug, description="Name of the run; a random slug unless given")
    flow_run_id: UUID | None = Field(default=None, description="The flow run that it belongs to")
    task_key: str = Field(description="Which task is run")
    dynamic_key: str = Field(description="Tells the runs of one task within a flow run apart")
    cache_key: Annotated[str | None, AfterValidator(_cache_key)] = Field(
        default=None, description="Under which key the result is remembered"
    )
    cache_expiration: Moment | None = Field(default=None, description="Until when the result is remembered")
    task_version: str | None = Field(default=None, description="Version of the task that is run")
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy, description="How the run is retried")
    tags: list[str] = Field(default_factory=list[str], description="Tags of the run")
    labels: Labels | None = Field(default_factory=dict[str, Any], description="Labels: text to text, number or boolean")
    task_inputs: TaskInputs = Field(default_factory=dict[str, Any], description="Where the inputs of the run come from")


class TaskRunUpdate(BaseModel):
    """What may be changed of a task run."""

    model_config = ConfigDict(extra="forbid")

    name: RunName = Field(default_factory=new_slug, description="Name of the run")


class _Shown(BaseModel):
    """What every answer shows of a task run."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: str = Field(default_factory=new_slug, description="Name of the run")
    flow_run_id: UUID | None = Field(default=None, description="The flow run that it belongs to")
    task_key: str = Field(description="Which task is run")
    task_version: str | None = Field(default=None, description="Version of the task that is run")
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy, description="How the run is retried")
    tags: list[str] = Field(default_factory=list[str], description="Tags of the run")
    state_id: UUID | None = Field(default=None, description="Id of the state it is in")
    task_inputs: TaskInputs = Field(default_factory=dict[str, Any], description="Where the inputs of the run come from")
    start_time: Moment | None = Field(default=None, description="When it began")
    end_time: Moment | None = Field(default=None, description="When it ended")
    total_run_time: float = Field(default=0.0, description="Seconds of all attempts that have ended")
    estimated_run_time: float = Field(default=0.0, description="Seconds of all attempts up to now")
    estimated_start_time_delta: float = Field(default=0.0, description="Seconds that it began late, or is late by now")
    state: State | None = Field(default=None, description="The state it is in")


class TaskRun(_Shown):
    """A task run as it is answered."""

    dynamic_key: str = Field(description="Tells the runs of one task within a flow run apart")
    cache_key: str | None = Field(default=None, description="Under which key the result is remembered")
    cache_expiration: Moment | None = Field(default=None, description="Until when the result is remembered")
    labels: Labels | None = Field(default_factory=dict[str, Any], description="Labels: text to text, number or boolean")
    state_type: StateType | None = Field(default=None, description="Type of the state it is in")
    state_name: str | None = Field(default=None, description="Name of the state it is in")
    run_count: int = Field(default=0, description="How often it has begun")
    flow_run_run_count: int = Field(default=0, description="In which attempt of the flow run it ran last")
    expected_start_time: Moment | None = Field(default=None, description="When it was to begin")
    next_scheduled_start_time: Moment | None = Field(default=None, description="When it is to begin next")


class TaskRunResponse(_Shown):
    """A task run as a page of them shows it."""


class TaskRunPaginationResponse(BaseModel):
    """One page of task runs."""

    results: list[TaskRunResponse]
    count: int
    limit: int
    pages: int
    page: int


class SetStateBody(Embedded):
    """A proposed state, and whether to bypass the rules."""

    state: StateCreate = Field(description="The state proposed")
    force: bool = Field(default=False, description="Whether to bypass the rules that may alter or refuse it")

"""Wire models of the UI's operations."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, RootModel

from locum.domain.moments import Moment
from locum.domain.states import StateType
from locum.features.task_runs.schemas import TaskRun
from locum.filters import ties
from locum.filters.body import ByRuns, ByRunsAndPools, ByRunsUnsaid, NullIsDefault, NullUnsaid
from locum.filters.sorting import FlowRunSort
from locum.filters.task_runs import TaskRunFilter
from locum.filters.ties import Target
from locum.filters.work_pools import WorkPoolFilter
from locum.filters.work_queues import WorkQueueFilter
from locum.infra.web import Embedded

_IDS_AT_MOST = 200


class FlowIds(Embedded):
    """Some flows."""

    flow_ids: list[UUID] = Field(max_length=_IDS_AT_MOST)


class FlowRunIds(Embedded):
    """Some flow runs."""

    flow_run_ids: list[UUID] = Field(max_length=_IDS_AT_MOST)


class ListFlowRuns(ByRunsUnsaid):
    """Which flow runs to draw."""

    target: ClassVar[Target] = ties.FLOW_RUNS
    sort: Annotated[FlowRunSort, NullIsDefault] = FlowRunSort.EXPECTED_START_TIME_DESC
    limit: Annotated[int, Field(le=1000), NullIsDefault] = 1000
    offset: Annotated[int, Field(ge=0), NullIsDefault] = 0
    work_pools: Annotated[WorkPoolFilter | None, NullUnsaid] = Field(default=None, description="Filter by work pools")


class CountTaskRunsByState(ByRuns):
    """Which task runs to count by state."""

    target: ClassVar[Target] = ties.TASK_RUNS


class CountDashboardTaskRuns(ByRunsAndPools):
    """Which task runs to count over time; `task_runs.start_time.after_` says from when."""

    target: ClassVar[Target] = ties.TASK_RUNS
    task_runs: TaskRunFilter = Field(description="Filter by task runs")  # pyright: ignore[reportIncompatibleVariableOverride]  (required here)
    work_queues: WorkQueueFilter | None = Field(default=None, description="Filter by work queues")


class ValidateValues(Embedded):
    """Values, and the schema to hold them against."""

    schema_: dict[str, Any] = Field(alias="schema")
    values: dict[str, Any]


class SimpleFlowRun(BaseModel):
    """What a bar in the chart of runs shows."""

    id: UUID = Field(description="Id of the flow run")
    state_type: StateType = Field(description="Type of its state")
    timestamp: Moment = Field(description="When it began, or is to begin")
    duration: float = Field(description="Seconds that it has been running")
    lateness: float = Field(description="Seconds that it began late, or is late by now")


class SimpleNextFlowRun(BaseModel):
    """The run of a flow that is to begin next."""

    id: UUID = Field(description="Id of the flow run")
    flow_id: UUID = Field(description="Id of the flow")
    name: str = Field(description="Name of the flow run")
    state_name: str = Field(description="Name of its state")
    state_type: StateType = Field(description="Type of its state")
    next_scheduled_start_time: Moment = Field(description="When it is to begin")


class TaskRunCount(RootModel[dict[str, int]]):
    """How many task runs ended well (`completed`) and how many did not (`failed`)."""


class CountByState(BaseModel):
    """How many runs are in each type of state."""

    COMPLETED: int = 0
    PENDING: int = 0
    RUNNING: int = 0
    FAILED: int = 0
    CANCELLED: int = 0
    CRASHED: int = 0
    PAUSED: int = 0
    CANCELLING: int = 0
    SCHEDULED: int = 0


class UITaskRun(TaskRun):
    """A task run with the name of its flow run."""

    flow_run_name: str | None = None


class SchemaValuePropertyError(BaseModel):
    """What is wrong with a property of an object."""

    property: str
    errors: list["SchemaValueError"]


class SchemaValueIndexError(BaseModel):
    """What is wrong with an item of a list."""

    index: int
    errors: list["SchemaValueError"]


SchemaValueError = str | SchemaValuePropertyError | SchemaValueIndexError


class SchemaValuesValidationResponse(BaseModel):
    """Whether values conform, and what is wrong with them if not."""

    errors: list[SchemaValueError]
    valid: bool

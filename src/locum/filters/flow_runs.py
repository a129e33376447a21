"""Filters of flow runs."""

from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, any_
from sqlalchemy import literal_column as sql

from locum.domain.states import StateType
from locum.filters.fields import Ids, Like, NotIds, NotTexts, Nullable, Span, Tagged, TaggedAny, Texts
from locum.filters.language import Criterion, Group, Joined, LenientGroup, exists_in
from locum.filters.operators import Operation, list_of, texts
from locum.tables.flow_runs import flow_run
from locum.tables.task_runs import task_run


def _child_of(on: Any, parents: Any) -> ColumnElement[bool]:
    return exists_in(task_run, task_run.c.id == on, task_run.c.flow_run_id == any_(parents))


def _created_by(key: str) -> Operation:
    return Operation(
        clause=lambda on, operand: on.op("->>")(sql(f"'{key}'")) == any_(operand),
        carries=texts,
        sent=lambda values: [str(value) for value in values],
    )


class FlowRunFilterId(Ids, NotIds, on=flow_run.c.id):
    """Flow runs by id."""


class FlowRunFilterName(Texts, Like, on=flow_run.c.name):
    """Flow runs by name."""


class FlowRunFilterTags(Tagged, TaggedAny, on=flow_run.c.tags):
    """Flow runs by tags."""


class FlowRunFilterDeploymentId(Joined, Ids, Nullable, on=flow_run.c.deployment_id):
    """Flow runs by the id of their deployment."""


class FlowRunFilterWorkQueueName(Joined, Texts, Nullable, on=flow_run.c.work_queue_name):
    """Flow runs by the name of their work queue."""


class FlowRunFilterStateType(Criterion, on=flow_run.c.state_type):
    """Flow runs by the type of their state."""

    any_: list[StateType] | None = Field(default=None, description="The types wanted")
    not_any_: list[StateType] | None = Field(default=None, description="The types not wanted")


class FlowRunFilterStateName(Texts, NotTexts, on=flow_run.c.state_name):
    """Flow runs by the name of their state."""


class FlowRunFilterState(LenientGroup):
    """Flow runs by their state."""

    type: FlowRunFilterStateType | None = Field(default=None, description="By the type of the state")
    name: FlowRunFilterStateName | None = Field(default=None, description="By the name of the state")


class FlowRunFilterFlowVersion(Texts, on=flow_run.c.flow_version):
    """Flow runs by the version of their flow."""


class FlowRunFilterStartTime(Span, Nullable, on=flow_run.c.effective_start, is_null_=flow_run.c.start_time):
    """Flow runs by when they started or, as long as they have not, were expected to."""


class FlowRunFilterEndTime(Span, Nullable, on=flow_run.c.end_time):
    """Flow runs by when they ended."""


class FlowRunFilterExpectedStartTime(Span, on=flow_run.c.expected_start_time):
    """Flow runs by when they were expected to start."""


class FlowRunFilterNextScheduledStartTime(Span, on=flow_run.c.next_scheduled_start_time):
    """Flow runs by when they are to start next."""


class FlowRunFilterParentFlowRunId(
    Joined, Ids, on=flow_run.c.parent_task_run_id, any_=Operation(_child_of, carries=list_of)
):
    """Flow runs that were started from within the given flow runs."""


class FlowRunFilterParentTaskRunId(Joined, Ids, Nullable, on=flow_run.c.parent_task_run_id):
    """Flow runs by the task run that stands for them in their parent."""


class FlowRunFilterIdempotencyKey(Texts, NotTexts, on=flow_run.c.idempotency_key):
    """Flow runs by idempotency key."""


class FlowRunFilterCreatedBy(
    Joined, Nullable, on=flow_run.c.created_by, id_=_created_by("id"), type_=_created_by("type")
):
    """Flow runs by what created them."""

    id_: list[UUID] | None = Field(default=None, description="The ids of the creators wanted")
    type_: list[str] | None = Field(default=None, description="The kinds of creator wanted", examples=[["DEPLOYMENT"]])


class FlowRunFilter(Group):
    """Flow runs that satisfy what is given here."""

    id: FlowRunFilterId | None = Field(default=None, description="By id")
    name: FlowRunFilterName | None = Field(default=None, description="By name")
    tags: FlowRunFilterTags | None = Field(default=None, description="By tags")
    deployment_id: FlowRunFilterDeploymentId | None = Field(default=None, description="By deployment")
    work_queue_name: FlowRunFilterWorkQueueName | None = Field(default=None, description="By work queue")
    state: FlowRunFilterState | None = Field(default=None, description="By state")
    flow_version: FlowRunFilterFlowVersion | None = Field(default=None, description="By the version of the flow")
    start_time: FlowRunFilterStartTime | None = Field(default=None, description="By start, or expected start")
    end_time: FlowRunFilterEndTime | None = Field(default=None, description="By end")
    expected_start_time: FlowRunFilterExpectedStartTime | None = Field(default=None, description="By expected start")
    next_scheduled_start_time: FlowRunFilterNextScheduledStartTime | None = Field(
        default=None, description="By next start"
    )
    parent_flow_run_id: FlowRunFilterParentFlowRunId | None = Field(default=None, description="By parent flow run")
    parent_task_run_id: FlowRunFilterParentTaskRunId | None = Field(default=None, description="By parent task run")
    idempotency_key: FlowRunFilterIdempotencyKey | None = Field(default=None, description="By idempotency key")
    created_by: FlowRunFilterCreatedBy | None = Field(default=None, description="By creator")

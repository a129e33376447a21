"""Filters of task runs."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement

from locum.domain.states import StateType
from locum.filters.fields import Ids, Like, Nullable, Span, Tagged, Texts
from locum.filters.language import Criterion, Group, Joined, LenientGroup, Term, exists_in
from locum.filters.operators import Operation
from locum.tables.flow_runs import flow_run
from locum.tables.task_runs import task_run


def _stands_for_flow_run(on: Any, wanted: bool) -> ColumnElement[bool]:
    found = exists_in(flow_run, flow_run.c.parent_task_run_id == on)
    return found if wanted else ~found


class TaskRunFilterId(Ids, on=task_run.c.id):
    """Task runs by id."""


class TaskRunFilterName(Texts, Like, on=task_run.c.name):
    """Task runs by name."""


class TaskRunFilterTags(Tagged, on=task_run.c.tags):
    """Task runs by tags."""


class TaskRunFilterStateType(Criterion, on=task_run.c.state_type):
    """Task runs by the type of their state."""

    any_: list[StateType] | None = Field(default=None, description="The types wanted")


class TaskRunFilterStateName(Texts, on=task_run.c.state_name):
    """Task runs by the name of their state."""


class TaskRunFilterState(LenientGroup):
    """Task runs by their state."""

    type: TaskRunFilterStateType | None = Field(default=None, description="By the type of the state")
    name: TaskRunFilterStateName | None = Field(default=None, description="By the name of the state")


class TaskRunFilterStartTime(Span, Nullable, on=task_run.c.start_time):
    """Task runs by when they started."""


class TaskRunFilterEndTime(Span, Nullable, on=task_run.c.end_time):
    """Task runs by when they ended."""


class TaskRunFilterExpectedStartTime(Span, on=task_run.c.expected_start_time):
    """Task runs by when they were expected to start."""


class TaskRunFilterSubFlowRuns(Criterion, on=task_run.c.id, exists_=Operation(_stands_for_flow_run)):
    """Task runs by whether they stand for a flow run in its parent."""

    exists_: bool | None = Field(
        default=None, description="Whether only those that stand for a flow run, or only the others"
    )


class TaskRunFilterFlowRunId(Joined, Ids, on=task_run.c.flow_run_id):
    """Task runs by the id of their flow run; those without one are left out unless asked for."""

    is_null_: bool | None = Field(
        default=False, description="Whether only those without a flow run, or only those in one"
    )

    def asked(self) -> Iterator[tuple[Term, Any]]:
        """Asking for none at all outweighs ids, and ids outweigh asking for any at all."""
        by_field = {term.field: (term, operand) for term, operand in super().asked()}
        if self.is_null_:
            by_field.pop("any_", None)
        elif "any_" in by_field:
            by_field.pop("is_null_", None)
        yield from by_field.values()


class TaskRunFilter(Group):
    """Task runs that satisfy what is given here."""

    id: TaskRunFilterId | None = Field(default=None, description="By id")
    name: TaskRunFilterName | None = Field(default=None, description="By name")
    tags: TaskRunFilterTags | None = Field(default=None, description="By tags")
    state: TaskRunFilterState | None = Field(default=None, description="By state")
    start_time: TaskRunFilterStartTime | None = Field(default=None, description="By start")
    end_time: TaskRunFilterEndTime | None = Field(default=None, description="By end")
    expected_start_time: TaskRunFilterExpectedStartTime | None = Field(default=None, description="By expected start")
    subflow_runs: TaskRunFilterSubFlowRuns | None = Field(
        default=None, description="By whether they stand for a flow run"
    )
    flow_run_id: TaskRunFilterFlowRunId | None = Field(default=None, description="By flow run")

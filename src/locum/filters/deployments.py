"""Filters of deployments and of their schedules."""

from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, or_

from locum.filters.fields import Ids, Like, NotIds, Tagged, TaggedAny, Texts
from locum.filters.language import Criterion, Group, Plan, exists_in
from locum.filters.operators import LIKE, Operation
from locum.tables.deployments import deployment, deployment_schedule
from locum.tables.flows import flow


def _named(on: Any, text: Any) -> ColumnElement[bool]:
    by_flow = exists_in(flow, flow.c.id == deployment.c.flow_id, flow.c.name.ilike(text))
    return or_(on.ilike(text), by_flow)


class DeploymentFilterId(Ids, NotIds, on=deployment.c.id):
    """Deployments by id."""


class DeploymentFilterName(Texts, Like, on=deployment.c.name):
    """Deployments by name."""


class DeploymentOrFlowNameFilter(
    Like, on=deployment.c.name, like_=Operation(_named, carries=LIKE.carries, given=bool, sent=LIKE.sent)
):
    """Deployments by their own name or their flow's."""


class DeploymentFilterPaused(Criterion, on=deployment.c.paused):
    """Deployments by whether they are paused."""

    eq_: bool | None = Field(default=None, description="Whether only those that are paused, or only the others")


class DeploymentFilterWorkQueueName(Texts, on=deployment.c.work_queue_name):
    """Deployments by the name of their work queue."""


class DeploymentFilterConcurrencyLimit(Criterion, on=deployment.c.concurrency_limit_id):
    """Ignored: accepted because older clients send it."""

    ge_: int | None = Field(default=None, description="Ignored")
    le_: int | None = Field(default=None, description="Ignored")
    is_null_: bool | None = Field(default=None, description="Ignored")

    def says(self, values: list[Any]) -> list[Plan]:
        """Nothing, whatever is given."""
        return []


class DeploymentFilterTags(Tagged, TaggedAny, on=deployment.c.tags):
    """Deployments by tags."""


class DeploymentFilter(Group):
    """Deployments that satisfy what is given here."""

    id: DeploymentFilterId | None = Field(default=None, description="By id")
    name: DeploymentFilterName | None = Field(default=None, description="By name")
    flow_or_deployment_name: DeploymentOrFlowNameFilter | None = Field(default=None, description="By either name")
    paused: DeploymentFilterPaused | None = Field(default=None, description="By whether they are paused")
    tags: DeploymentFilterTags | None = Field(default=None, description="By tags")
    work_queue_name: DeploymentFilterWorkQueueName | None = Field(default=None, description="By work queue")
    concurrency_limit: DeploymentFilterConcurrencyLimit | None = Field(
        default=None, description="Ignored", deprecated=True
    )


class DeploymentScheduleFilterActive(Criterion, on=deployment_schedule.c.active):
    """Schedules by whether they are active."""

    eq_: bool | None = Field(default=None, description="Whether only those that are active, or only the others")


class DeploymentScheduleFilter(Group):
    """Schedules that satisfy what is given here."""

    active: DeploymentScheduleFilterActive | None = Field(default=None, description="By whether they are active")

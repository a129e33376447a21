"""Filters of flows."""

from pydantic import Field
from sqlalchemy import ColumnElement

from locum.filters.fields import Ids, Like, NotIds, Nullable, Tagged, Texts
from locum.filters.language import Group, Joined, exists_in
from locum.filters.operators import Operation
from locum.tables.deployments import deployment
from locum.tables.flows import flow


def _deployed(on: ColumnElement[object], absent: bool) -> ColumnElement[bool]:
    found = exists_in(deployment, deployment.c.flow_id == on)
    return ~found if absent else found


class FlowFilterId(Ids, NotIds, on=flow.c.id):
    """Flows by id."""


class FlowFilterDeployment(Joined, Nullable, on=flow.c.id, is_null_=Operation(_deployed)):
    """Flows by whether they have no deployment."""


class FlowFilterName(Texts, Like, on=flow.c.name):
    """Flows by name."""


class FlowFilterTags(Tagged, on=flow.c.tags):
    """Flows by tags."""


class FlowFilter(Group):
    """Flows that satisfy what is given here."""

    id: FlowFilterId | None = Field(default=None, description="By id")
    deployment: FlowFilterDeployment | None = Field(default=None, description="By whether they are deployed")
    name: FlowFilterName | None = Field(default=None, description="By name")
    tags: FlowFilterTags | None = Field(default=None, description="By tags")

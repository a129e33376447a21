"""Filters of variables."""

from pydantic import Field

from locum.filters.fields import Ids, Like, Tagged, Texts
from locum.filters.language import Group
from locum.tables.variables import variable


class VariableFilterId(Ids, on=variable.c.id):
    """Variables by id."""


class VariableFilterName(Texts, Like, on=variable.c.name):
    """Variables by name."""


class VariableFilterTags(Tagged, on=variable.c.tags):
    """Variables by tags."""


class VariableFilter(Group):
    """Variables that satisfy what is given here."""

    id: VariableFilterId | None = Field(default=None, description="By id")
    name: VariableFilterName | None = Field(default=None, description="By name")
    tags: VariableFilterTags | None = Field(default=None, description="By tags")

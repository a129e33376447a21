"""Filters of work pools."""

from pydantic import Field

from locum.filters.fields import Ids, Texts
from locum.filters.language import Group
from locum.tables.work_pools import work_pool


class WorkPoolFilterId(Ids, on=work_pool.c.id):
    """Work pools by id."""


class WorkPoolFilterName(Texts, on=work_pool.c.name):
    """Work pools by name."""


class WorkPoolFilterType(Texts, on=work_pool.c.type):
    """Work pools by type."""


class WorkPoolFilter(Group):
    """Work pools that satisfy what is given here."""

    id: WorkPoolFilterId | None = Field(default=None, description="By id")
    name: WorkPoolFilterName | None = Field(default=None, description="By name")
    type: WorkPoolFilterType | None = Field(default=None, description="By type")

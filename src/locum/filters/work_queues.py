"""Filters of work queues."""

from typing import Any

from pydantic import Field

from locum.filters.fields import Ids, Texts
from locum.filters.language import EVERYTHING, Group, Plan
from locum.tables.work_pools import work_queue


class WorkQueueFilterId(Ids, on=work_queue.c.id):
    """Work queues by id."""


class WorkQueueFilterName(Texts, on=work_queue.c.name):
    """Work queues by name."""

    startswith_: list[str] | None = Field(
        default=None,
        description="Beginnings of which one must be there, whatever its case",
        examples=[["etl", "nightly"]],
    )

    def says(self, values: list[Any]) -> list[Plan]:
        """An empty list of beginnings, if that is all, has no say."""
        plan = self.plan(values)
        return [] if plan is EVERYTHING and self.startswith_ is not None else [plan]


class WorkQueueFilter(Group):
    """Work queues that satisfy what is given here."""

    id: WorkQueueFilterId | None = Field(default=None, description="By id")
    name: WorkQueueFilterName | None = Field(default=None, description="By name")

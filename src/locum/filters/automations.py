"""Filters of automations."""

from pydantic import Field

from locum.domain.moments import Moment
from locum.filters.fields import Ids, Tagged, TaggedAny, Texts
from locum.filters.language import Criterion, Group
from locum.tables.automations import automation


class AutomationFilterId(Ids, on=automation.c.id):
    """Automations by id."""


class AutomationFilterName(Texts, on=automation.c.name):
    """Automations by name."""


class AutomationFilterCreated(Criterion, on=automation.c.created):
    """Automations by when they were made."""

    before_: Moment | None = Field(default=None, description="This moment or earlier")


class AutomationFilterTags(TaggedAny, Tagged, on=automation.c.tags):
    """Automations by tags."""


class AutomationFilter(Group):
    """Automations that satisfy what is given here."""

    id: AutomationFilterId | None = Field(default=None, description="By id")
    name: AutomationFilterName | None = Field(default=None, description="By name")
    created: AutomationFilterCreated | None = Field(default=None, description="By when they were made")
    tags: AutomationFilterTags | None = Field(default=None, description="By tags")

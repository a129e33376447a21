"""Wire models of saved searches."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from locum.domain.moments import Moment
from locum.filters.body import Offset


class SavedSearchFilter(BaseModel):
    """One condition; what it means is the UI's affair."""

    object: str = Field(description="What is filtered")
    property: str = Field(description="By which of its properties")
    type: str = Field(description="The property's type")
    operation: str = Field(description="How the property is compared, say `equals`")
    value: Any = Field(description="With what; any JSON")


class SavedSearchCreate(BaseModel):
    """What is needed to save a search."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="Name of the search, unique")
    filters: list[SavedSearchFilter] = Field(default_factory=list[SavedSearchFilter], description="Its conditions")


class SavedSearch(BaseModel):
    """A saved search as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: str = Field(description="Name of the search, unique")
    filters: list[SavedSearchFilter] = Field(default_factory=list[SavedSearchFilter], description="Its conditions")


class ListSavedSearches(Offset):
    """Which saved searches to list."""

"""Wire models of flows."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from locum.domain.moments import Moment
from locum.domain.names import Labels, Name


class FlowCreate(BaseModel):
    """What is needed to register a flow."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Name of the flow, unique")
    tags: list[str] = Field(default_factory=list, description="Tags of the flow")
    labels: Labels | None = Field(default_factory=dict[str, Any], description="Labels: text to text, number or boolean")


class FlowUpdate(BaseModel):
    """What may be changed of a flow."""

    model_config = ConfigDict(extra="forbid")

    tags: list[str] = Field(default_factory=list, description="Tags of the flow")


class Flow(BaseModel):
    """A flow as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: Name = Field(description="Name of the flow, unique")
    tags: list[str] = Field(default_factory=list, description="Tags of the flow")
    labels: Labels | None = Field(default_factory=dict[str, Any], description="Labels: text to text, number or boolean")


class FlowPaginationResponse(BaseModel):
    """One page of flows."""

    results: list[Flow]
    count: int
    limit: int
    pages: int
    page: int


class FlowBulkDeleteResponse(BaseModel):
    """Which flows were deleted."""

    deleted: list[UUID] = Field(default_factory=list[UUID])

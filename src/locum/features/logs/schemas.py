"""Wire models of logs."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from locum.domain.moments import Moment


class LogCreate(BaseModel):
    """A line that a run writes."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="Name of the logger")
    level: int = Field(description="Level of the line, as Python numbers them")
    message: str = Field(description="What it says")
    timestamp: Moment = Field(description="When it was written")
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None


class Log(BaseModel):
    """A line as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: str = Field(description="Name of the logger")
    level: int = Field(description="Level of the line, as Python numbers them")
    message: str = Field(description="What it says")
    timestamp: Moment = Field(description="When it was written")
    flow_run_id: UUID | None = Field(default=None, description="The flow run that wrote it")
    task_run_id: UUID | None = Field(default=None, description="The task run that wrote it")

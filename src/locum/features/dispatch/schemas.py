"""Wire models of handing runs to workers."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from locum.domain.moments import Moment
from locum.features.flow_runs.schemas import FlowRun
from locum.filters.body import Limited, NullUnsaid


class PollPool(Limited):
    """Which runs of a pool a worker wants."""

    work_queue_names: Annotated[list[str] | None, NullUnsaid] = Field(
        default=None, description="Queues to take them from, unless from all"
    )
    scheduled_before: Annotated[Moment | None, NullUnsaid] = Field(
        default=None, description="When they are due at last"
    )
    scheduled_after: Annotated[Moment | None, NullUnsaid] = Field(
        default=None, description="When they are due at first"
    )


class PollQueue(Limited):
    """Which runs of a queue are wanted."""

    scheduled_before: Annotated[Moment | None, NullUnsaid] = Field(
        default=None, description="When they are due at last"
    )


class WorkerFlowRunResponse(BaseModel):
    """A run as it is handed to a worker."""

    work_pool_id: UUID
    work_queue_id: UUID
    flow_run: FlowRun

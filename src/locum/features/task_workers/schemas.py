"""Wire models of task workers."""

from pydantic import BaseModel, Field

from locum.domain.moments import Moment
from locum.infra.web import Embedded


class TaskWorkerFilter(BaseModel):
    """Task workers by what they carry out."""

    task_keys: list[str]


class FilterTaskWorkers(Embedded):
    """Which task workers to list."""

    task_worker_filter: TaskWorkerFilter | None = Field(default=None, description="Filter by tasks")


class TaskWorkerResponse(BaseModel):
    """A task worker as it is answered."""

    identifier: str
    task_keys: list[str]
    timestamp: Moment

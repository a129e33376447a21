"""HTTP operations of task workers."""

from locum.features.task_workers.schemas import FilterTaskWorkers, TaskWorkerResponse
from locum.features.task_workers.store import workers
from locum.infra.db import Db
from locum.infra.web import Answer, Operation


async def read_task_workers(db: Db, body: FilterTaskWorkers) -> Answer:
    """List the task workers that are connected, or those of them for any of some tasks."""
    wanted = body.task_worker_filter
    return await workers.present(db, wanted.task_keys if wanted else [])


OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/task_workers/filter", read_task_workers, "Task Workers", returns=list[TaskWorkerResponse]),
)

"""HTTP operations by which workers ask for runs."""

from typing import Annotated
from uuid import UUID

from locum.features.dispatch import commands
from locum.features.dispatch.schemas import PollPool, PollQueue, WorkerFlowRunResponse
from locum.features.flow_runs.schemas import FlowRunResponse
from locum.infra.db import Db
from locum.infra.web import Answer, Call, Header, Operation


async def get_scheduled_flow_runs(db: Db, call: Call, name: str, body: PollPool) -> Answer:
    """Hand out scheduled runs of a work pool."""
    limit = body.limit_within(call.settings.api.default_limit)
    return await commands.poll_pool(db, name, body, limit, call.now)


async def read_work_queue_runs(
    db: Db,
    call: Call,
    id: UUID,
    body: PollQueue,
    x_prefect_ui: Annotated[bool | None, Header("Whether a person looks on, so that this is no poll")] = False,
) -> Answer:
    """Hand out scheduled runs of a work queue."""
    limit = body.limit_within(call.settings.api.default_limit)
    return await commands.poll_queue(db, id, body, limit, call.now, watched=bool(x_prefect_ui))


OPERATIONS = (
    Operation(
        "POST",
        "/work_pools/{name}/get_scheduled_flow_runs",
        get_scheduled_flow_runs,
        "Work Pools",
        returns=list[WorkerFlowRunResponse],
    ),
    Operation("POST", "/work_queues/{id}/get_runs", read_work_queue_runs, "Work Queues", returns=list[FlowRunResponse]),
)

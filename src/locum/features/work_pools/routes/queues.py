"""HTTP operations of work queues by themselves."""

from uuid import UUID

from locum.domain.errors import NotFound
from locum.features.work_pools.commands import queues as commands
from locum.features.work_pools.commands import slots
from locum.features.work_pools.schemas import (
    Page,
    WorkQueueConcurrencyStatus,
    WorkQueueCreate,
    WorkQueueResponse,
    WorkQueueStatusDetail,
    WorkQueueUpdate,
)
from locum.features.work_pools.store import queues
from locum.filters.body import Limited
from locum.filters.lists import FilterWorkQueues
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation

_TAG = "Work Queues"


class SlotsOfQueue(Limited):
    """Which page of the runs that hold slots to show."""

    page: Page = 1


async def create_work_queue(tx: Tx, call: Call, body: WorkQueueCreate) -> Answer:
    """Make a work queue in the default pool of agents."""
    return await commands.create_loose(tx, body, call.now)


async def update_work_queue(tx: Tx, call: Call, id: UUID, body: WorkQueueUpdate) -> Answer:
    """Change a work queue."""
    await commands.change(tx, id, body, call.now)


async def read_work_queue_by_name(db: Db, name: str) -> Answer:
    """Read the work queue of a name in the default pool of agents."""
    return await commands.find_loose(db, name)


async def read_work_queue(db: Db, id: UUID) -> Answer:
    """Read a work queue."""
    found = await queues.get(db, id)
    if found is None:
        raise NotFound("work queue not found")
    return found


async def read_work_queues(db: Db, call: Call, body: FilterWorkQueues) -> Answer:
    """List the work queues that the filters let through."""
    return await queues.LOOSE_LISTING.read(db, body, queues.WorkQueueSort.NAME_ASC, call.settings.api.default_limit)


async def delete_work_queue(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete a work queue."""
    await commands.remove(tx, id, call.now)


async def read_work_queue_concurrency_status(db: Db, call: Call, id: UUID, body: SlotsOfQueue) -> Answer:
    """Show who holds the slots of a work queue."""
    return await slots.of_queue(db, id, body.page, body.limit_within(call.settings.api.default_limit))


async def read_work_queue_status(db: Db, call: Call, id: UUID) -> Answer:
    """Say whether a work queue is healthy."""
    return await slots.health(db, id, call.now)


OPERATIONS = (
    Operation("POST", "/work_queues/", create_work_queue, _TAG, status=201, returns=WorkQueueResponse),
    Operation("POST", "/work_queues/filter", read_work_queues, _TAG, returns=list[WorkQueueResponse]),
    Operation("GET", "/work_queues/name/{name}", read_work_queue_by_name, _TAG, returns=WorkQueueResponse),
    Operation("GET", "/work_queues/{id}", read_work_queue, _TAG, returns=WorkQueueResponse),
    Operation("PATCH", "/work_queues/{id}", update_work_queue, _TAG, status=204),
    Operation("DELETE", "/work_queues/{id}", delete_work_queue, _TAG, status=204),
    Operation(
        "POST",
        "/work_queues/{id}/concurrency_status",
        read_work_queue_concurrency_status,
        _TAG,
        returns=WorkQueueConcurrencyStatus,
    ),
    Operation("GET", "/work_queues/{id}/status", read_work_queue_status, _TAG, returns=WorkQueueStatusDetail),
)

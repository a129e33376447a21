"""HTTP operations of the queues of a work pool."""

from locum.features.work_pools.commands import pools as pool_commands
from locum.features.work_pools.commands import queues as commands
from locum.features.work_pools.schemas import WorkQueueCreate, WorkQueueResponse, WorkQueueUpdate
from locum.features.work_pools.store import pools, queues
from locum.filters.lists import FilterQueuesOfPool
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation

_TAG = "Work Pools"
_PATH = "/work_pools/{work_pool_name}/queues"


async def create_work_queue(tx: Tx, call: Call, work_pool_name: str, body: WorkQueueCreate) -> Answer:
    """Make a queue of a work pool."""
    return await commands.create(tx, work_pool_name, body, call.now)


async def read_work_queue(db: Db, work_pool_name: str, name: str) -> Answer:
    """Read a queue of a work pool."""
    found = await queues.get_of_pool(db, work_pool_name, name)
    if found is None:
        raise commands.unknown(work_pool_name, name)
    return found


async def read_work_queues(db: Db, call: Call, work_pool_name: str, body: FilterQueuesOfPool) -> Answer:
    """List the queues of a work pool that the filters let through, the most urgent first."""
    limit = body.limit_within(call.settings.api.default_limit)
    found = await queues.page_of_pool(db, work_pool_name, body.restriction(), limit, body.start)
    if found == b"[]" and await pools.find(db, work_pool_name) is None:
        raise pool_commands.unknown(work_pool_name)
    return found


async def update_work_queue(tx: Tx, call: Call, work_pool_name: str, name: str, body: WorkQueueUpdate) -> Answer:
    """Change a queue of a work pool."""
    await commands.change_of_pool(tx, work_pool_name, name, body, call.now)


async def delete_work_queue(tx: Tx, call: Call, work_pool_name: str, name: str) -> Answer:
    """Delete a queue of a work pool."""
    await commands.remove_of_pool(tx, work_pool_name, name, call.now)


OPERATIONS = (
    Operation("POST", _PATH, create_work_queue, _TAG, status=201, returns=WorkQueueResponse),
    Operation("POST", f"{_PATH}/filter", read_work_queues, _TAG, returns=list[WorkQueueResponse]),
    Operation("GET", _PATH + "/{name}", read_work_queue, _TAG, returns=WorkQueueResponse),
    Operation("PATCH", _PATH + "/{name}", update_work_queue, _TAG, status=204),
    Operation("DELETE", _PATH + "/{name}", delete_work_queue, _TAG, status=204),
)

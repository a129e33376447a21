"""HTTP operations of workers."""

from locum.features.work_pools.commands import pools as pool_commands
from locum.features.work_pools.commands import workers as commands
from locum.features.work_pools.schemas import WorkerHeartbeat, WorkerResponse
from locum.features.work_pools.store import pools, workers
from locum.filters.lists import FilterWorkers
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation

_TAG = "Work Pools"
_PATH = "/work_pools/{work_pool_name}/workers"


async def worker_heartbeat(db: Db, call: Call, work_pool_name: str, body: WorkerHeartbeat) -> Answer:
    """Take a worker's sign of life."""
    await commands.hear(db, work_pool_name, body, call.now)


async def read_workers(db: Db, call: Call, work_pool_name: str, body: FilterWorkers) -> Answer:
    """List the workers of a pool that the filters let through, those last heard from first."""
    limit = body.limit_within(call.settings.api.default_limit)
    found = await workers.page(db, work_pool_name, body.restriction(), limit, body.start)
    if found == b"[]" and await pools.find(db, work_pool_name) is None:
        raise pool_commands.unknown(work_pool_name)
    return found


async def delete_worker(tx: Tx, work_pool_name: str, name: str) -> Answer:
    """Forget a worker of a pool."""
    await commands.remove(tx, work_pool_name, name)


OPERATIONS = (
    Operation("POST", f"{_PATH}/heartbeat", worker_heartbeat, _TAG, status=204),
    Operation("POST", f"{_PATH}/filter", read_workers, _TAG, returns=list[WorkerResponse]),
    Operation("DELETE", _PATH + "/{name}", delete_worker, _TAG, status=204),
)

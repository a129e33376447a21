"""What may be done to workers."""

from datetime import datetime

from locum.domain.errors import NotFound
from locum.features.work_pools.commands import pools as pool_commands
from locum.features.work_pools.schemas import WorkerHeartbeat
from locum.features.work_pools.store import pools, workers
from locum.infra.db import Db, Tx


async def hear(db: Db, pool_name: str, body: WorkerHeartbeat, now: datetime) -> None:
    """Note a worker's sign of life, which makes its pool ready: one statement where it was ready. Raises NotFound."""
    pool = await workers.heartbeat(db, pool_name, body.name, body.heartbeat_interval_seconds, now)
    if pool is None:
        raise pool_commands.unknown(pool_name)
    if pool["status"] == "NOT_READY":
        await db.transact(lambda tx: pool_commands.make_ready(tx, pool_name, now))


async def remove(tx: Tx, pool_name: str, worker_name: str) -> None:
    """Forget a worker. Raises NotFound."""
    if await workers.remove(tx, pool_name, worker_name) is None:
        if await pools.find(tx, pool_name) is None:
            raise pool_commands.unknown(pool_name)
        raise NotFound("Worker not found.")

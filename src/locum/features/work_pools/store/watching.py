"""What workers on the channel are told of their pool, and by what it is seen that there is news."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, bindparam, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from locum.features.work_pools.store.pools import PROJECTION
from locum.infra.db import Executor, Row, prepare
from locum.tables.work_pools import work_pool, work_queue, worker_cleanup

_SHAPE = func.md5(
    func.concat_ws(
        literal_column("'/'", Text),
        work_pool.c.is_paused,
        work_pool.c.concurrency_limit.is_(None),
        work_pool.c.concurrency_limit,
        work_pool.c.storage_configuration,
        work_pool.c.base_job_template,
    )
).label("shape")
"""Changes with all that workers are told of at once; of the rest they hear when they next give a sign of life."""

_TO_CLEAN = (
    select(worker_cleanup.c.id)
    .where(
        worker_cleanup.c.work_pool_id == work_pool.c.id,
        or_(worker_cleanup.c.lease_expires_at.is_(None), worker_cleanup.c.lease_expires_at <= func.now()),
    )
    .exists()
    .label("to_clean")
)
_WATCHED = prepare(
    select(work_pool.c.id, work_pool.c.updated, _SHAPE, _TO_CLEAN).where(
        work_pool.c.id == any_(bindparam("pool_ids", type_=ARRAY(Uuid)))
    )
)
_NAMED = work_pool.c.name == bindparam("pool_name", type_=Text)


def _queues() -> Any:
    names = bindparam("queue_names", type_=ARRAY(Text))
    asked = or_(func.cardinality(names) == 0, work_queue.c.name == any_(names))
    return (
        select(work_queue.c.id, work_queue.c.name)
        .select_from(work_queue.join(work_pool, work_pool.c.id == work_queue.c.work_pool_id))
        .where(_NAMED, asked)
        .order_by(work_queue.c.priority, work_queue.c.id)
    )


_QUEUES = prepare(_queues())
_SNAPSHOT = prepare(
    select(work_pool.c.id, work_pool.c.updated, _SHAPE, PROJECTION.label("json")).select_from(work_pool).where(_NAMED)
)


async def watched(tx: Executor, pool_ids: Collection[UUID]) -> dict[UUID, Row]:
    """Of each pool that is there: `updated`, its `shape`, and whether there is something `to_clean`."""
    return {row["id"]: row for row in await tx.rows(_WATCHED, pool_ids=list(pool_ids))}


async def snapshot(tx: Executor, pool_name: str) -> Row | None:
    """A pool's `id`, `updated`, `shape`, and the pool itself as JSON text; None where there is none of that name."""
    return await tx.row(_SNAPSHOT, pool_name=pool_name)


async def queues_named(tx: Executor, pool_name: str, queue_names: Collection[str]) -> list[tuple[UUID, str]]:
    """The ids and names of those of a pool's queues, or of all where none is named; by priority."""
    rows = await tx.rows(_QUEUES, pool_name=pool_name, queue_names=list(queue_names))
    return [(row["id"], row["name"]) for row in rows]

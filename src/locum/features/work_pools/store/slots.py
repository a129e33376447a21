"""Statements about who holds the slots of pools and queues, and how many runs are late."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Text, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from locum.features.work_pools.store.pools import ACTIVE
from locum.features.work_pools.store.queues import LOOSE_ACTIVE
from locum.infra.db import Executor, Row, prepare
from locum.tables.flow_runs import flow_run
from locum.tables.work_pools import work_pool, work_queue

_LIMIT, _OFFSET = bindparam("limit", type_=BigInteger), bindparam("offset", type_=BigInteger)
_HOLDS = flow_run.c.state_type.in_(ACTIVE)
_OF_QUEUE = and_(flow_run.c.work_queue_id == work_queue.c.id, _HOLDS)
_SHOWN = (
    flow_run.c.id,
    flow_run.c.name,
    flow_run.c.state_type,
    flow_run.c.state_name,
    flow_run.c.start_time,
    flow_run.c.state_timestamp,
    func.extract("epoch", func.now() - flow_run.c.state_timestamp).label("seconds_in_state"),
)


def _count(*conditions: ColumnElement[bool], through_queue: bool = False) -> ColumnElement[Any]:
    source = flow_run.join(work_queue, work_queue.c.id == flow_run.c.work_queue_id) if through_queue else flow_run
    return select(func.count()).select_from(source).where(*conditions).scalar_subquery()


_POOL = prepare(
    select(
        work_pool.c.id,
        work_pool.c.concurrency_limit,
        _count(work_queue.c.work_pool_id == work_pool.c.id, _HOLDS, through_queue=True).label("active"),
        select(func.count())
        .select_from(work_queue)
        .where(work_queue.c.work_pool_id == work_pool.c.id)
        .scalar_subquery()
        .label("queues"),
    ).where(work_pool.c.name == bindparam("pool_name", type_=Text))
)
_QUEUES = prepare(
    select(work_queue.c.id, work_queue.c.name, work_queue.c.concurrency_limit, _count(_OF_QUEUE).label("active"))
    .where(work_queue.c.work_pool_id == bindparam("pool_id", type_=Uuid))
    .order_by(work_queue.c.priority, work_queue.c.id)
    .limit(_LIMIT)
    .offset(_OFFSET)
)


def _holders() -> Any:
    place = func.row_number().over(partition_by=flow_run.c.work_queue_id, order_by=flow_run.c.id)
    ranked = (
        select(*_SHOWN, flow_run.c.work_queue_id, place.label("place"))
        .where(flow_run.c.work_queue_id == any_(bindparam("queue_ids", type_=ARRAY(Uuid))), _HOLDS)
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.place <= bindparam("most", type_=BigInteger)).order_by(ranked.c.id)


_HOLDERS_BY_QUEUE = prepare(_holders())

_HELD_BY = and_(
    or_(
        flow_run.c.work_queue_id == work_queue.c.id,
        and_(flow_run.c.work_queue_id.is_(None), flow_run.c.work_queue_name == work_queue.c.name),
    ),
    flow_run.c.state_type.in_(LOOSE_ACTIVE),
)
_WITH_ID = work_queue.c.id == bindparam("queue_id", type_=Uuid)
_QUEUE = prepare(select(work_queue.c.concurrency_limit, _count(_HELD_BY).label("active")).where(_WITH_ID))
_HOLDERS = prepare(
    select(*_SHOWN)
    .select_from(flow_run.join(work_queue, _HELD_BY))
    .where(_WITH_ID)
    .order_by(flow_run.c.id)
    .limit(_LIMIT)
    .offset(_OFFSET)
)
_LATE = _count(
    flow_run.c.work_queue_id == work_queue.c.id,
    flow_run.c.state_type == "SCHEDULED",
    flow_run.c.state_name == "Late",
)
_HEALTH = prepare(select(work_queue.c.last_polled, _LATE.label("late")).where(_WITH_ID))


async def pool(tx: Executor, name: str) -> Row | None:
    """A pool's id and limit, how many slots are held, and how many queues it has."""
    return await tx.row(_POOL, pool_name=name)


async def queues_of_pool(tx: Executor, pool_id: UUID, limit: int, offset: int) -> list[Row]:
    """Some of a pool's queues, the most urgent first, with how many of their slots are held."""
    return await tx.rows(_QUEUES, pool_id=pool_id, limit=limit, offset=offset)


async def holders_by_queue(tx: Executor, queue_ids: Sequence[UUID], most: int) -> list[Row]:
    """Runs that hold slots of these queues, so many of each at most."""
    return await tx.rows(_HOLDERS_BY_QUEUE, queue_ids=list(queue_ids), most=most)


async def queue(tx: Executor, queue_id: UUID) -> Row | None:
    """A queue's limit, and how many slots are held."""
    return await tx.row(_QUEUE, queue_id=queue_id)


async def holders(tx: Executor, queue_id: UUID, limit: int, offset: int) -> list[Row]:
    """Some of the runs that hold slots of a queue."""
    return await tx.rows(_HOLDERS, queue_id=queue_id, limit=limit, offset=offset)


async def health(tx: Executor, queue_id: UUID) -> Row | None:
    """When a queue was last polled, and how many of its runs are late."""
    return await tx.row(_HEALTH, queue_id=queue_id)

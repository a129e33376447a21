"""What workers are asked to clean up after: one message, sent to one worker at a time, until it is settled."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from locum.domain.ids import new_id
from locum.infra.db import Executor, Row, dump_json, prepare
from locum.tables.base import Instant
from locum.tables.work_pools import worker_cleanup

_NOW, _MOST = bindparam("now", type_=Instant), bindparam("most", type_=Integer)
_ATTEMPTS = bindparam("attempts", type_=Integer)
_EXPIRES = bindparam("expires", type_=Instant)
_NOT_UNDER_WAY = or_(worker_cleanup.c.lease_expires_at.is_(None), worker_cleanup.c.lease_expires_at <= _NOW)
_WITH_ID = worker_cleanup.c.id == bindparam("message_id", type_=Uuid)

_INSERT = prepare(
    insert(worker_cleanup).values(
        id=bindparam("message_id", type_=Uuid),
        work_pool_id=bindparam("pool_id", type_=Uuid),
        work_queue_id=bindparam("queue_id", type_=Uuid),
        kind=bindparam("kind", type_=Text),
        target=bindparam("target", type_=JSON),
    )
)


def _reserve() -> Any:
    """A worker is sent no more than it can deal with: what it holds is counted, whichever replica has sent it."""
    consumer, queues = bindparam("consumer_id", type_=Uuid), bindparam("queue_ids", type_=ARRAY(Uuid))
    held = worker_cleanup.alias("held")
    holds = (
        select(func.count())
        .select_from(held)
        .where(held.c.consumer_id == consumer, held.c.lease_expires_at > _NOW)
        .scalar_subquery()
    )
    first = (
        select(worker_cleanup.c.id)
        .where(
            worker_cleanup.c.work_pool_id == bindparam("pool_id", type_=Uuid),
            worker_cleanup.c.kind == any_(bindparam("kinds", type_=ARRAY(Text))),
            _NOT_UNDER_WAY,
            or_(queues.is_(None), worker_cleanup.c.work_queue_id == any_(queues)),
            worker_cleanup.c.delivery_count < _ATTEMPTS,
            holds < bindparam("capacity", type_=Integer),
        )
        .order_by(worker_cleanup.c.created, worker_cleanup.c.id)
        .limit(1)
        .with_for_update(of=worker_cleanup, skip_locked=True)
        .cte("first")
    )
    return (
        update(worker_cleanup)
        .where(worker_cleanup.c.id == first.c.id)
        .values(
            delivery_count=worker_cleanup.c.delivery_count + 1,
            consumer_id=consumer,
            token=bindparam("new_token", type_=Text),
            lease_expires_at=_EXPIRES,
            updated=_NOW,
        )
        .returning(
            worker_cleanup.c.id,
            worker_cleanup.c.kind,
            worker_cleanup.c.token,
            worker_cleanup.c.lease_expires_at,
            worker_cleanup.c.delivery_count,
            worker_cleanup.c.work_queue_id,
            worker_cleanup.c.target,
        )
    )


_RESERVE = prepare(_reserve())
_LOCK = prepare(
    select(
        worker_cleanup.c.work_pool_id,
        worker_cleanup.c.token,
        worker_cleanup.c.lease_expires_at,
        worker_cleanup.c.delivery_count,
    )
    .where(_WITH_ID)
    .with_for_update()
)
_FREE = {"token": None, "consumer_id": None, "lease_expires_at": None}
_RELEASE = prepare(update(worker_cleanup).where(_WITH_ID).values(**_FREE, updated=_NOW))
_RENEW = prepare(update(worker_cleanup).where(_WITH_ID).values(lease_expires_at=_EXPIRES, updated=_NOW))
_REMOVE = prepare(delete(worker_cleanup).where(_WITH_ID))


def _some(*conditions: ColumnElement[bool]) -> CTE:
    return select(worker_cleanup.c.id).where(*conditions).limit(_MOST).with_for_update(skip_locked=True).cte("some")


_expired = _some(worker_cleanup.c.lease_expires_at <= _NOW, worker_cleanup.c.delivery_count < _ATTEMPTS)
_hopeless = _some(
    _NOT_UNDER_WAY,
    or_(
        worker_cleanup.c.delivery_count >= _ATTEMPTS,
        worker_cleanup.c.created <= bindparam("asked_before", type_=Instant),
    ),
)
_FREE_EXPIRED = prepare(
    update(worker_cleanup).where(worker_cleanup.c.id == _expired.c.id).values(**_FREE, updated=_NOW)
)
_GIVE_UP = prepare(
    delete(worker_cleanup)
    .where(worker_cleanup.c.id == _hopeless.c.id)
    .returning(worker_cleanup.c.id, worker_cleanup.c.kind, worker_cleanup.c.target)
)


async def insert_new(tx: Executor, pool_id: UUID, queue_id: UUID | None, kind: str, target: dict[str, Any]) -> None:
    """Ask the workers of a pool to clean up, those of the queue before others."""
    await tx.run(_INSERT, message_id=new_id(), pool_id=pool_id, queue_id=queue_id, kind=kind, target=dump_json(target))


async def reserve(
    tx: Executor,
    pool_id: UUID,
    *,
    kinds: Collection[str],
    queue_ids: Collection[UUID] | None,
    consumer_id: UUID,
    capacity: int,
    attempts: int,
    token: str,
    now: datetime,
    expires: datetime,
) -> Row | None:
    """Give a worker the oldest free message of some kinds, and of some queues (None: any), unless it holds enough.

    A message that was sent so many times (`attempts`) is sent no more.
    """
    return await tx.row(
        _RESERVE,
        pool_id=pool_id,
        kinds=list(kinds),
        queue_ids=None if queue_ids is None else list(queue_ids),
        consumer_id=consumer_id,
        capacity=capacity,
        attempts=attempts,
        new_token=token,
        now=now,
        expires=expires,
    )


async def lock(tx: Executor, message_id: UUID) -> Row | None:
    """Whose a message is: work_pool_id, token, lease_expires_at, delivery_count; held until the transaction ends."""
    return await tx.row(_LOCK, message_id=message_id)


async def release(tx: Executor, message_id: UUID, now: datetime) -> None:
    """A message may be sent to another worker."""
    await tx.run(_RELEASE, message_id=message_id, now=now)


async def renew(tx: Executor, message_id: UUID, now: datetime, expires: datetime) -> None:
    """A message stays where it is for longer."""
    await tx.run(_RENEW, message_id=message_id, now=now, expires=expires)


async def remove(tx: Executor, message_id: UUID) -> None:
    """A message is settled."""
    await tx.run(_REMOVE, message_id=message_id)


async def free_expired(tx: Executor, now: datetime, attempts: int, most: int) -> int:
    """Messages that a worker did not settle in time may be sent to another; how many."""
    return await tx.run(_FREE_EXPIRED, now=now, attempts=attempts, most=most)


async def give_up(tx: Executor, now: datetime, asked_before: datetime, attempts: int, most: int) -> list[Row]:
    """Delete what nobody has settled and was sent so often, or is so old: id, kind and target (JSON text) of each."""
    return await tx.rows(_GIVE_UP, now=now, asked_before=asked_before, attempts=attempts, most=most)

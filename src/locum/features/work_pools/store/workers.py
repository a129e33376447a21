"""Statements about workers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Interval,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from locum.domain.ids import new_id
from locum.filters.statements import LIMIT, OFFSET, Clauses, Restriction, Shaped, page_of
from locum.infra.db import Executor, Row, json_list, json_object, prepare
from locum.tables.base import Instant
from locum.tables.work_pools import work_pool, worker


def _heartbeats(interval: ColumnElement[Any], multiple: ColumnElement[Any]) -> ColumnElement[Any]:
    """So many intervals of so many seconds; multiplied as floats, since whole numbers could run over."""
    nothing = [literal_column("0", Integer)] * 6
    return func.make_interval(*nothing, interval.cast(Float(53)) * multiple, type_=Interval())


_EXPECTED_WITHIN = _heartbeats(
    func.coalesce(func.nullif(worker.c.heartbeat_interval_seconds, 0), 30), literal_column("3", Integer)
)
_STATUS = case(
    (worker.c.last_heartbeat_time > func.now() - _EXPECTED_WITHIN, literal_column("'ONLINE'", Text)),
    else_=literal_column("'OFFLINE'", Text),
)

PROJECTION = json_object(
    worker,
    {
        "id": worker.c.id,
        "created": worker.c.created,
        "updated": worker.c.updated,
        "name": worker.c.name,
        "work_pool_id": worker.c.work_pool_id,
        "last_heartbeat_time": worker.c.last_heartbeat_time,
        "heartbeat_interval_seconds": worker.c.heartbeat_interval_seconds,
        "status": _STATUS,
    },
)

_POOL_NAMED = work_pool.c.name == bindparam("pool_name", type_=Text)
_OF_POOL = worker.c.work_pool_id == select(work_pool.c.id).where(_POOL_NAMED).scalar_subquery()


def _build_page(clauses: Clauses) -> Select[bytes]:
    order = (worker.c.last_heartbeat_time.desc(), worker.c.id)
    return json_list(PROJECTION, page_of(worker, [*clauses, _OF_POOL], order, LIMIT, OFFSET), worker)


_PAGE = Shaped(_build_page)


def _heartbeat() -> Any:
    pool = select(work_pool).where(_POOL_NAMED).cte("pool")
    now, interval = bindparam("now", type_=Instant), bindparam("interval", type_=Integer)
    given = insert(worker).from_select(
        ["id", "work_pool_id", "name", "last_heartbeat_time", "heartbeat_interval_seconds", "status"],
        select(
            bindparam("worker_id", type_=Uuid),
            pool.c.id,
            bindparam("worker_name", type_=Text),
            now,
            interval,
            literal_column("'ONLINE'", Text),
        ),
    )
    beat = given.on_conflict_do_update(
        index_elements=["work_pool_id", "name"],
        set_={
            "last_heartbeat_time": func.greatest(worker.c.last_heartbeat_time, now),
            "heartbeat_interval_seconds": func.coalesce(interval, worker.c.heartbeat_interval_seconds),
            "status": "ONLINE",
            "updated": func.now(),
        },
    ).returning(worker.c.id)
    return select(pool.c.name, pool.c.type, pool.c.status).add_cte(beat.cte("beat"))


_HEARTBEAT = prepare(_heartbeat())
_DELETE = prepare(
    delete(worker).where(_OF_POOL, worker.c.name == bindparam("worker_name", type_=Text)).returning(worker.c.id)
)
_MARK_OFFLINE = prepare(
    update(worker)
    .where(
        worker.c.status == "ONLINE",
        worker.c.last_heartbeat_time
        < bindparam("now", type_=Instant)
        - _heartbeats(
            func.coalesce(worker.c.heartbeat_interval_seconds, bindparam("fallback", type_=Integer)),
            bindparam("multiple", type_=Integer),
        ),
    )
    .values(status="OFFLINE", updated=func.now())
)
_DESERTED = prepare(
    select(work_pool.c.name)
    .where(
        work_pool.c.status == "READY",
        ~select(worker.c.id).where(worker.c.work_pool_id == work_pool.c.id, worker.c.status == "ONLINE").exists(),
    )
    .order_by(work_pool.c.name)
)


async def page(tx: Executor, pool_name: str, restriction: Restriction, limit: int, offset: int) -> bytes:
    """Some of a pool's workers as a JSON array, those last heard from first."""
    statement, values = _PAGE(restriction)
    found: bytes = await tx.value(statement, **values, pool_name=pool_name, limit=limit, offset=offset)
    return found


async def heartbeat(tx: Executor, pool_name: str, worker_name: str, interval: int | None, now: datetime) -> Row | None:
    """Note a worker's sign of life: its pool's name, type and status; None where there is no such pool."""
    return await tx.row(
        _HEARTBEAT, pool_name=pool_name, worker_id=new_id(), worker_name=worker_name, interval=interval, now=now
    )


async def remove(tx: Executor, pool_name: str, worker_name: str) -> UUID | None:
    """Delete a worker of a pool; its id, or None where there is none."""
    return await tx.value(_DELETE, pool_name=pool_name, worker_name=worker_name)


async def mark_offline(tx: Executor, now: datetime, multiple: int, fallback: int) -> int:
    """Make workers offline that have missed so many heartbeats, by default `fallback` seconds apart; how many."""
    return await tx.run(_MARK_OFFLINE, now=now, multiple=multiple, fallback=fallback)


async def deserted_pools(tx: Executor) -> list[str]:
    """The names of ready pools that no worker polls any more."""
    return [row["name"] for row in await tx.rows(_DESERTED)]

"""Statements about work queues."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from locum.features.work_pools.store.pools import ACTIVE
from locum.filters.listing import Listing
from locum.filters.sorting import Sort
from locum.filters.statements import LIMIT, OFFSET, Clauses, Restriction, Shaped, page_of
from locum.infra.db import Executor, Row, json_list, json_object, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run
from locum.tables.work_pools import work_pool, work_queue

LOOSE_ACTIVE = (*ACTIVE, "CANCELLING")
"""The states in which a run holds a slot of its queue when the queue itself is asked."""


class WorkQueueSort(Sort):
    """How queues of all pools are sorted; nobody can ask for another way."""

    NAME_ASC = "NAME_ASC", work_queue.c.name.asc(), work_queue.c.id.asc()


def _jsonb_array(name: str) -> ColumnElement[Any]:
    member = work_queue.c.filter.cast(JSONB).op("->", return_type=JSONB())(literal_column(f"'{name}'", Text))
    return func.nullif(member, literal_column("'null'::jsonb", JSONB))


def matches_filter() -> ColumnElement[bool]:
    """The run is one that an old queue asks for by its filter."""
    deployments, tags = _jsonb_array("deployment_ids"), _jsonb_array("tags")
    wanted = deployments.op("?", return_type=Boolean())(flow_run.c.deployment_id.cast(Text))
    return and_(
        flow_run.c.deployment_id.is_not(None),
        or_(deployments.is_(None), wanted),
        flow_run.c.tags.op("@>", return_type=Boolean())(func.coalesce(tags, literal_column("'[]'::jsonb", JSONB))),
    )


def _held(states: tuple[str, ...], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    return (
        select(func.count())
        .select_from(flow_run)
        .where(flow_run.c.state_type.in_(states), *conditions)
        .scalar_subquery()
    )


def _active_slots(states: tuple[str, ...]) -> ColumnElement[Any]:
    by_queue = _held(states, flow_run.c.work_queue_id == work_queue.c.id)
    if states is ACTIVE:
        held = by_queue
    else:
        held = case((work_queue.c.filter.is_(None), by_queue), else_=_held(ACTIVE, matches_filter()))
    return case((work_queue.c.concurrency_limit.is_not(None), held), else_=None)


_POOL_NAME = select(work_pool.c.name).where(work_pool.c.id == work_queue.c.work_pool_id).scalar_subquery()


FIELDS: dict[str, ColumnElement[Any]] = {
    "id": work_queue.c.id,
    "created": work_queue.c.created,
    "updated": work_queue.c.updated,
    "name": work_queue.c.name,
    "description": work_queue.c.description,
    "is_paused": work_queue.c.is_paused,
    "concurrency_limit": work_queue.c.concurrency_limit,
    "priority": work_queue.c.priority,
    "work_pool_id": work_queue.c.work_pool_id,
    "filter": work_queue.c.filter,
    "last_polled": work_queue.c.last_polled,
}
"""A queue as it is answered where its pool and its slots are of no interest."""


def _projection(states: tuple[str, ...]) -> ColumnElement[str]:
    return json_object(
        work_queue,
        {
            **FIELDS,
            "work_pool_name": _POOL_NAME,
            "status": work_queue.c.status,
            "active_slots": _active_slots(states),
        },
    )


PROJECTION = _projection(ACTIVE)
"""A queue as it is answered where it is asked for as part of its pool."""

LOOSE_PROJECTION = _projection(LOOSE_ACTIVE)
"""A queue as it is answered where it is asked for itself."""

LOOSE_LISTING = Listing(work_queue, LOOSE_PROJECTION)

_POOL_NAMED = work_pool.c.name == bindparam("pool_name", type_=Text)
_POOL_ID = select(work_pool.c.id).where(_POOL_NAMED).scalar_subquery()
_OF_POOL = work_queue.c.work_pool_id == _POOL_ID
_NAMED = work_queue.c.name == bindparam("queue_name", type_=Text)
_WITH_ID = work_queue.c.id == bindparam("queue_id", type_=Uuid)


def _build_page_of_pool(clauses: Clauses) -> Select[bytes]:
    order = (work_queue.c.priority, work_queue.c.id)
    return json_list(PROJECTION, page_of(work_queue, [*clauses, _OF_POOL], order, LIMIT, OFFSET), work_queue)


_PAGE_OF_POOL = Shaped(_build_page_of_pool)

_COLUMNS = {
    "id": Uuid(),
    "work_pool_id": Uuid(),
    "name": Text(),
    "description": Text(),
    "is_paused": Boolean(),
    "concurrency_limit": Integer(),
    "priority": Integer(),
    "filter": JSON(),
    "created": Instant,
}
_CHANGEABLE = {
    "name": Text(),
    "description": Text(),
    "is_paused": Boolean(),
    "concurrency_limit": Integer(),
    "priority": Integer(),
    "last_polled": Instant,
    "filter": JSON(),
    "status": Text(),
}
_HELD = (
    work_queue.c.id,
    work_queue.c.work_pool_id,
    work_queue.c.name,
    work_queue.c.description,
    work_queue.c.is_paused,
    work_queue.c.concurrency_limit,
    work_queue.c.priority,
    work_queue.c.last_polled,
    work_queue.c.status,
    work_pool.c.name.label("pool_name"),
    work_pool.c.type.label("pool_type"),
    work_pool.c.default_queue_id,
)
_WITH_POOL = work_queue.join(work_pool, work_pool.c.id == work_queue.c.work_pool_id)

_INSERT = prepare(
    insert(work_queue)
    .values(
        {name: bindparam(f"given_{name}", type_=kind) for name, kind in _COLUMNS.items()}
        | {"updated": bindparam("given_created", type_=Instant)}
    )
    .returning(PROJECTION)
)
_BY_NAMES = prepare(select(PROJECTION).select_from(work_queue).where(_OF_POOL, _NAMED))
_BY_ID = prepare(select(LOOSE_PROJECTION).select_from(work_queue).where(_WITH_ID))
_BY_NAME = prepare(select(LOOSE_PROJECTION).select_from(work_queue).where(_OF_POOL, _NAMED))
_BY_NAME_ANYWHERE = prepare(
    select(LOOSE_PROJECTION)
    .select_from(work_queue)
    .where(_NAMED)
    .order_by(work_queue.c.created, work_queue.c.id)
    .limit(1)
)
# The pool is held, not the queue: whoever changes a pool's queues keeps their order in step.
_LOCK_BY_NAMES = prepare(
    select(*_HELD).select_from(_WITH_POOL).where(_POOL_NAMED, _NAMED).with_for_update(of=[work_pool, work_queue])
)
_LOCK_BY_ID = prepare(
    select(*_HELD).select_from(_WITH_POOL).where(_WITH_ID).with_for_update(of=[work_pool, work_queue])
)
_PRIORITIES = prepare(
    select(work_queue.c.id, work_queue.c.priority).where(work_queue.c.work_pool_id == bindparam("pool_id", type_=Uuid))
)
_IN_POOL = prepare(
    select(*_HELD)
    .select_from(_WITH_POOL)
    .where(work_queue.c.work_pool_id == bindparam("pool_id", type_=Uuid))
    .order_by(work_queue.c.priority, work_queue.c.id)
)
_GIVEN = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("new_priorities", type_=ARRAY(Integer)))
    .table_valued("id", "priority", name="given")
    .render_derived(name="given")
)
_RANK = prepare(
    update(work_queue).where(work_queue.c.id == _GIVEN.c.id).values(priority=_GIVEN.c.priority, updated=func.now())
)
_DELETE = prepare(delete(work_queue).where(_WITH_ID))
_ANNOUNCED = (
    work_queue.c.id,
    work_queue.c.name,
    work_pool.c.id.label("work_pool_id"),
    work_pool.c.name.label("pool_name"),
    work_pool.c.type.label("pool_type"),
)


def _mark_polled() -> Any:
    """Queues are locked in one order, so that polls do not wait for each other in a circle."""
    found = (
        select(work_queue.c.id, work_queue.c.status)
        .where(work_queue.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
        .order_by(work_queue.c.id)
        .with_for_update()
        .cte("found")
    )
    marked = (
        update(work_queue)
        .where(work_queue.c.id == found.c.id, work_pool.c.id == work_queue.c.work_pool_id)
        .values(
            last_polled=func.greatest(work_queue.c.last_polled, bindparam("polled", type_=Instant)),
            status=case(
                (work_queue.c.status == "NOT_READY", literal_column("'READY'", Text)), else_=work_queue.c.status
            ),
            updated=func.now(),
        )
        .returning(*_ANNOUNCED, found.c.status.label("status_before"))
        .cte("marked")
    )
    return select(marked).where(marked.c.status_before == "NOT_READY")


_MARK_POLLED = prepare(_mark_polled())
_MARK_SILENT = prepare(
    update(work_queue)
    .where(
        work_queue.c.status == "READY",
        work_queue.c.last_polled < bindparam("since", type_=Instant),
        work_pool.c.id == work_queue.c.work_pool_id,
    )
    .values(status="NOT_READY", updated=func.now())
    .returning(*_ANNOUNCED)
)


async def insert_new(tx: Executor, given: Mapping[str, Any]) -> str:
    """Insert a queue (JSON columns as text): its JSON text. Raises UniqueConflict where its pool has that name."""
    made: str = await tx.value(_INSERT, **{f"given_{name}": value for name, value in given.items()})
    return made


async def get_of_pool(tx: Executor, pool_name: str, queue_name: str) -> str | None:
    """A queue of a pool as JSON text."""
    return await tx.value(_BY_NAMES, pool_name=pool_name, queue_name=queue_name)


async def get(tx: Executor, queue_id: UUID) -> str | None:
    """A queue as JSON text."""
    return await tx.value(_BY_ID, queue_id=queue_id)


async def get_by_name(tx: Executor, pool_name: str, queue_name: str) -> str | None:
    """A queue of that pool, as it is answered where it is asked for itself."""
    return await tx.value(_BY_NAME, pool_name=pool_name, queue_name=queue_name)


async def get_by_name_anywhere(tx: Executor, queue_name: str) -> str | None:
    """The oldest queue of that name in any pool."""
    return await tx.value(_BY_NAME_ANYWHERE, queue_name=queue_name)


async def page_of_pool(tx: Executor, pool_name: str, restriction: Restriction, limit: int, offset: int) -> bytes:
    """Some of a pool's queues as a JSON array, the most urgent first."""
    statement, values = _PAGE_OF_POOL(restriction)
    found: bytes = await tx.value(statement, **values, pool_name=pool_name, limit=limit, offset=offset)
    return found


async def lock_of_pool(tx: Executor, pool_name: str, queue_name: str) -> Row | None:
    """A queue of a pool with all that may be changed of it; it and its pool are held until the transaction ends."""
    return await tx.row(_LOCK_BY_NAMES, pool_name=pool_name, queue_name=queue_name)


async def lock(tx: Executor, queue_id: UUID) -> Row | None:
    """A queue with all that may be changed of it; it and its pool are held until the transaction ends."""
    return await tx.row(_LOCK_BY_ID, queue_id=queue_id)


async def priorities(tx: Executor, pool_id: UUID) -> dict[UUID, int]:
    """The priorities of a pool's queues."""
    return {row["id"]: row["priority"] for row in await tx.rows(_PRIORITIES, pool_id=pool_id)}


async def of_pool(tx: Executor, pool_id: UUID) -> list[Row]:
    """All queues of a pool, the most urgent first."""
    return await tx.rows(_IN_POOL, pool_id=pool_id)


async def change(tx: Executor, queue_id: UUID, values: Mapping[str, Any]) -> None:
    """Set some columns (JSON ones as text)."""
    typed = {name: bindparam(f"new_{name}", value, type_=_CHANGEABLE[name]) for name, value in values.items()}
    await tx.run(update(work_queue).where(work_queue.c.id == queue_id).values(**typed, updated=func.now()))


async def rank(tx: Executor, new: Mapping[UUID, int]) -> None:
    """Give queues other priorities."""
    await tx.run(_RANK, ids=list(new), new_priorities=list(new.values()))


async def remove(tx: Executor, queue_id: UUID) -> None:
    """Delete a queue; its runs and deployments lose it."""
    await tx.run(_DELETE, queue_id=queue_id)


async def mark_polled(tx: Executor, ids: Sequence[UUID], polled: Any) -> list[Row]:
    """Note that queues were polled, which makes them ready unless they are paused; those to which that was new."""
    return await tx.rows(_MARK_POLLED, ids=list(ids), polled=polled)


async def mark_silent(tx: Executor, since: Any) -> list[Row]:
    """Make the ready queues not ready that nobody has polled since then; as announced."""
    return await tx.rows(_MARK_SILENT, since=since)

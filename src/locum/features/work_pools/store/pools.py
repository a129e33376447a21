"""Statements about work pools."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    JSON,
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from locum.features.events.emit import insertion
from locum.filters.listing import Listing
from locum.filters.sorting import Sort
from locum.infra.db import Executor, Row, json_object, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run
from locum.tables.work_pools import work_pool, work_queue, worker

AGENTS = "prefect-agent"
"""The type of pools that agents polled; they have no status on the wire."""

ACTIVE = ("PENDING", "RUNNING")
"""The states in which a run holds a slot of its pool, and of its queue when the pool is polled."""


class WorkPoolSort(Sort):
    """How pools are sorted; nobody can ask for another way."""

    NAME_ASC = "NAME_ASC", work_pool.c.name.asc(), work_pool.c.id.asc()


def _active_slots() -> ColumnElement[Any]:
    held = (
        select(func.count())
        .select_from(flow_run.join(work_queue, work_queue.c.id == flow_run.c.work_queue_id))
        .where(work_queue.c.work_pool_id == work_pool.c.id, flow_run.c.state_type.in_(ACTIVE))
        .scalar_subquery()
    )
    return case((work_pool.c.concurrency_limit.is_not(None), held), else_=None)


def _projection(storage: ColumnElement[Any]) -> ColumnElement[str]:
    return json_object(
        work_pool,
        {
            "id": work_pool.c.id,
            "created": work_pool.c.created,
            "updated": work_pool.c.updated,
            "name": work_pool.c.name,
            "description": work_pool.c.description,
            "type": work_pool.c.type,
            "base_job_template": work_pool.c.base_job_template,
            "is_paused": work_pool.c.is_paused,
            "concurrency_limit": work_pool.c.concurrency_limit,
            "status": case((work_pool.c.type != AGENTS, work_pool.c.status), else_=None),
            "default_queue_id": work_pool.c.default_queue_id,
            "storage_configuration": storage,
            "active_slots": _active_slots(),
        },
    )


PROJECTION = _projection(work_pool.c.storage_configuration)
LISTING = Listing(work_pool, PROJECTION)

_OLD_STORAGE = work_pool.c.storage_configuration.cast(JSONB).op("-", return_type=JSONB())(
    literal_column("'default_result_storage_block_id'", Text)
)
OLD_PROJECTION = _projection(_OLD_STORAGE)
"""The same for clients up to 3.3.7, which refuse a field that they do not know."""
OLD_LISTING = Listing(work_pool, OLD_PROJECTION)

_NAMED = work_pool.c.name == bindparam("pool_name", type_=Text)
_ANNOUNCED = (
    work_pool.c.id,
    work_pool.c.name,
    work_pool.c.type,
    work_pool.c.status,
    work_pool.c.default_queue_id,
    work_pool.c.storage_configuration,
    work_pool.c.last_transitioned_status_at,
    work_pool.c.last_status_event_id,
)

_COLUMNS = {
    "id": Uuid(),
    "name": Text(),
    "description": Text(),
    "type": Text(),
    "base_job_template": JSON(),
    "is_paused": Boolean(),
    "default_queue_id": Uuid(),
    "concurrency_limit": Integer(),
    "status": Text(),
    "storage_configuration": JSON(),
    "created": Instant,
}
_CHANGEABLE = {
    "description": Text(),
    "base_job_template": JSON(),
    "is_paused": Boolean(),
    "concurrency_limit": Integer(),
    "storage_configuration": JSON(),
    "status": Text(),
    "last_transitioned_status_at": Instant,
    "last_status_event_id": Uuid(),
}


def _default_queue(made: CTE) -> CTE:
    rows = select(
        made.c.default_queue_id,
        made.c.id,
        literal_column("'default'", Text),
        bindparam("queue_description", type_=Text),
        literal_column("1", Integer),
        bindparam("created", type_=Instant),
        bindparam("created", type_=Instant),
    )
    columns = ["id", "work_pool_id", "name", "description", "priority", "created", "updated"]
    return insert(work_queue).from_select(columns, rows).returning(work_queue.c.id).cte("queue_made")


def _insert(projection: ColumnElement[str]) -> Any:
    made = (
        insert(work_pool)
        .values(
            {name: bindparam(name, type_=kind) for name, kind in _COLUMNS.items()}
            | {"updated": bindparam("created", type_=Instant)}
        )
        .returning(work_pool.c.id, work_pool.c.default_queue_id, projection.label("json"))
        .cte("made")
    )
    return select(made.c.json).add_cte(_default_queue(made), insertion(only_if=made))


_INSERT = prepare(_insert(PROJECTION))
_INSERT_OLD = prepare(_insert(OLD_PROJECTION))
_BY_NAME = prepare(select(PROJECTION).select_from(work_pool).where(_NAMED))
_BY_NAME_OLD = prepare(select(OLD_PROJECTION).select_from(work_pool).where(_NAMED))
_EXISTS = prepare(select(work_pool.c.id).where(_NAMED))
_LACKS_TEMPLATE = prepare(
    select(work_pool.c.base_job_template.cast(Text) == literal_column("'{}'", Text)).where(_NAMED)
)
_FOR_DEPLOYMENT = prepare(
    select(
        work_pool.c.id,
        work_pool.c.name,
        work_pool.c.type,
        work_pool.c.default_queue_id,
        work_pool.c.base_job_template,
        work_queue.c.id.label("queue_id"),
    )
    .select_from(
        work_pool.outerjoin(
            work_queue,
            (work_queue.c.work_pool_id == work_pool.c.id) & (work_queue.c.name == bindparam("queue_name", type_=Text)),
        )
    )
    .where(_NAMED)
)
_LOCK = prepare(
    select(
        *_ANNOUNCED,
        work_pool.c.description,
        work_pool.c.base_job_template,
        work_pool.c.concurrency_limit,
        work_pool.c.is_paused,
    )
    .where(_NAMED)
    .with_for_update()
)
_HAS_WORKER = prepare(
    select(
        select(worker.c.id).where(worker.c.work_pool_id == bindparam("pool_id"), worker.c.status == "ONLINE").exists()
    )
)
_DELETE = prepare(delete(work_pool).where(work_pool.c.id == bindparam("pool_id", type_=Uuid)))


async def insert_new(tx: Executor, given: Mapping[str, Any], *, old: bool) -> str:
    """Insert a pool with its default queue and their announcements: the pool as JSON text.

    `given` holds the columns (JSON ones as text), `queue_description` and `emit.insertion_parameters`. Raises
    UniqueConflict where the name is taken.
    """
    made: str = await tx.value(_INSERT_OLD if old else _INSERT, **given)
    return made


async def get(tx: Executor, name: str, *, old: bool) -> str | None:
    """The pool of that name as JSON text."""
    return await tx.value(_BY_NAME_OLD if old else _BY_NAME, pool_name=name)


async def find(tx: Executor, name: str) -> UUID | None:
    """The id of the pool of that name."""
    return await tx.value(_EXISTS, pool_name=name)


async def lacks_template(tx: Executor, name: str) -> bool:
    """Whether there is a pool of that name whose template is empty."""
    return bool(await tx.value(_LACKS_TEMPLATE, pool_name=name))


async def find_with_queue(tx: Executor, name: str, queue_name: str | None = None) -> Row | None:
    """What a deployment needs of a pool: id, name, type, default_queue_id, base_job_template (JSON text), queue_id.

    `queue_id` is that of the queue named, None where it does not exist or none is named.
    """
    return await tx.row(_FOR_DEPLOYMENT, pool_name=name, queue_name=queue_name)


async def lock(tx: Executor, name: str) -> Row | None:
    """The pool of that name with all that may be changed of it, held until the transaction ends."""
    return await tx.row(_LOCK, pool_name=name)


async def has_worker(tx: Executor, pool_id: UUID) -> bool:
    """Whether a worker of the pool is online."""
    return bool(await tx.value(_HAS_WORKER, pool_id=pool_id))


async def change(tx: Executor, pool_id: UUID, values: Mapping[str, Any]) -> None:
    """Set some columns (JSON ones as text)."""
    typed = {name: bindparam(f"new_{name}", value, type_=_CHANGEABLE[name]) for name, value in values.items()}
    await tx.run(update(work_pool).where(work_pool.c.id == pool_id).values(**typed, updated=func.now()))


async def remove(tx: Executor, pool_id: UUID) -> None:
    """Delete a pool with its queues and workers."""
    await tx.run(_DELETE, pool_id=pool_id)

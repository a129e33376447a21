"""Statements about which runs are handed out, and about who has fallen silent."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from locum.features.flow_runs.store.projection import FIELDS
from locum.features.work_pools.store.pools import ACTIVE
from locum.features.work_pools.store.queues import LOOSE_ACTIVE, matches_filter
from locum.infra.db import Executor, Row, json_list, json_object, prepare, select_page
from locum.tables.base import Instant
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run
from locum.tables.work_pools import work_pool, work_queue

HANDED_OUT = json_object(
    flow_run, {name: field for name, field in FIELDS.items() if name not in {"work_pool_id", "work_pool_name"}}
)
"""A run as it is handed to a worker."""

_UNSAID = {
    "work_pool_id": literal_column("CAST(NULL AS uuid)", Uuid),
    "work_pool_name": literal_column("CAST(NULL AS text)", Text),
}
_OF_QUEUE = json_object(flow_run, {**FIELDS, **_UNSAID})
"""A run as the poll of a queue answers it: the peer leaves the pool out."""

_BEFORE, _AFTER = bindparam("before", type_=Instant), bindparam("after", type_=Instant)
_MOST = bindparam("most", type_=Integer)
_STALE_BEFORE = bindparam("stale_before", type_=Instant)
_STALE = or_(
    work_queue.c.status == "NOT_READY", work_queue.c.last_polled.is_(None), work_queue.c.last_polled < _STALE_BEFORE
)


def _poll() -> Any:
    """One row: the pool, which queues were asked and which of them were last marked long ago, and the runs as JSON."""
    names = bindparam("queue_names", type_=ARRAY(Text))
    picked = (
        text(Path(__file__).with_name("handout.sql").read_text(encoding="utf-8"))
        .bindparams(bindparam("pool_name", type_=Text), names, _MOST, _BEFORE, _AFTER)
        .columns(work_pool_id=Uuid, work_queue_id=Uuid, run_id=Uuid, priority=Integer, due=Instant)
        .cte("picked")
    )
    one = func.concat(
        literal_column("""'{"work_pool_id":"'""", Text),
        picked.c.work_pool_id,
        literal_column("""'","work_queue_id":"'""", Text),
        picked.c.work_queue_id,
        literal_column("""'","flow_run":'""", Text),
        HANDED_OUT,
        literal_column("'}'", Text),
    )
    runs = (
        select(
            func.string_agg(
                one, aggregate_order_by(literal_column("','", Text), picked.c.priority, picked.c.due, picked.c.run_id)
            )
        )
        .select_from(picked.join(flow_run, flow_run.c.id == picked.c.run_id))
        .scalar_subquery()
    )
    asked = and_(
        work_queue.c.work_pool_id == work_pool.c.id,
        or_(names.is_(None), work_queue.c.name == any_(names)),
    )
    return select(
        work_pool.c.id,
        select(func.array_agg(work_queue.c.name)).where(asked).scalar_subquery().label("queue_names"),
        select(func.array_agg(work_queue.c.id)).where(asked, _STALE).scalar_subquery().label("stale"),
        func.concat(literal_column("'['", Text), runs, literal_column("']'", Text)).label("runs"),
    ).where(work_pool.c.name == bindparam("pool_name", type_=Text))


_POLL = prepare(_poll())

_WITH_ID = work_queue.c.id == bindparam("queue_id", type_=Uuid)
_SCHEDULED = flow_run.c.state_type == literal_column("'SCHEDULED'", Text)
_UNDER_WAY = flow_run.c.state_type.in_(LOOSE_ACTIVE)
_IN_QUEUE = or_(
    flow_run.c.work_queue_id == work_queue.c.id,
    and_(flow_run.c.work_queue_id.is_(None), flow_run.c.work_queue_name == work_queue.c.name),
)
_QUEUE = prepare(
    select(
        work_queue.c.name,
        work_queue.c.is_paused,
        work_queue.c.concurrency_limit,
        work_queue.c.filter,
        _STALE.label("stale"),
        case(
            (work_queue.c.filter.is_not(None) | work_queue.c.concurrency_limit.is_(None), 0),
            else_=select(func.count()).select_from(flow_run).where(_IN_QUEUE, _UNDER_WAY).scalar_subquery(),
        ).label("held"),
    ).where(_WITH_ID)
)


def _due_in_queue() -> Any:
    """The runs of one queue as a JSON array; a run without a queue is in the one that it names."""
    due = flow_run.c.next_scheduled_start_time
    mine = flow_run.c.work_queue_id == bindparam("queue_id", type_=Uuid)
    named = and_(flow_run.c.work_queue_id.is_(None), flow_run.c.work_queue_name == bindparam("queue_name", type_=Text))
    # each half follows the index; a condition that joins them would not
    halves = [
        select(flow_run.c.id).where(half, _SCHEDULED, due <= _BEFORE).order_by(due, flow_run.c.id).limit(_MOST)
        for half in (mine, named)
    ]
    ids = union_all(*(select(half.subquery().c.id) for half in halves)).subquery("ids")
    page = select_page(flow_run).where(flow_run.c.id.in_(select(ids.c.id))).order_by(due, flow_run.c.id).limit(_MOST)
    return json_list(_OF_QUEUE, page, flow_run)


_DUE_IN_QUEUE = prepare(_due_in_queue())
_HELD_BY_FILTER = prepare(
    select(func.count())
    .select_from(work_queue.join(flow_run, and_(matches_filter(), flow_run.c.state_type.in_(ACTIVE))))
    .where(_WITH_ID)
)
_DUE_BY_FILTER = prepare(
    json_list(
        _OF_QUEUE,
        select_page(flow_run)
        .where(
            select(work_queue.c.id).where(_WITH_ID, matches_filter()).correlate(flow_run).exists(),
            _SCHEDULED,
            flow_run.c.next_scheduled_start_time <= _BEFORE,
        )
        .order_by(flow_run.c.next_scheduled_start_time, flow_run.c.id)
        .limit(_MOST),
        flow_run,
    )
)
_SILENT_DEPLOYMENTS = prepare(
    select(deployment.c.id)
    .select_from(deployment.outerjoin(work_queue, work_queue.c.id == deployment.c.work_queue_id))
    .where(
        deployment.c.status == "READY",
        func.greatest(deployment.c.last_polled, work_queue.c.last_polled) < bindparam("since", type_=Instant),
    )
    .order_by(deployment.c.id)
    .limit(_MOST)
)
_NOT_READY_IN_QUEUES = prepare(
    select(deployment.c.id)
    .where(
        deployment.c.work_queue_id == any_(bindparam("queue_ids", type_=ARRAY(Uuid))),
        or_(deployment.c.status == "NOT_READY", deployment.c.last_polled.is_(None)),
    )
    .order_by(deployment.c.id)
)

_LONG_CANCELLING = and_(
    flow_run.c.state_type == literal_column("'CANCELLING'", Text),
    flow_run.c.state_timestamp <= bindparam("since", type_=Instant),
)
_CANCELLING = prepare(
    select(flow_run.c.id).where(_LONG_CANCELLING).order_by(flow_run.c.state_timestamp, flow_run.c.id).limit(_MOST)
)
_HOLD_CANCELLING = prepare(
    select(
        flow_run.c.infrastructure_pid,
        work_queue.c.id.label("queue_id"),
        work_pool.c.id.label("pool_id"),
        work_pool.c.type.label("pool_type"),
    )
    .select_from(
        flow_run.outerjoin(work_queue, work_queue.c.id == flow_run.c.work_queue_id).outerjoin(
            work_pool, work_pool.c.id == work_queue.c.work_pool_id
        )
    )
    .where(flow_run.c.id == bindparam("run_id", type_=Uuid), _LONG_CANCELLING)
    .with_for_update(of=flow_run)
)


async def poll_pool(
    tx: Executor,
    pool_name: str,
    queue_names: Sequence[str] | None,
    *,
    after: datetime,
    before: datetime,
    most: int,
    stale_before: datetime,
) -> Row | None:
    """Which runs of a pool are handed out; None where there is no such pool.

    `runs` is a JSON array, `queue_names` says which of the queues asked for exist, and `stale` holds the ids of those
    that are not ready or were last marked as polled before `stale_before`.
    """
    return await tx.row(
        _POLL,
        pool_name=pool_name,
        queue_names=None if queue_names is None else list(queue_names),
        after=after,
        before=before,
        most=most,
        stale_before=stale_before,
    )


async def queue(tx: Executor, queue_id: UUID, stale_before: datetime) -> Row | None:
    """A queue, whether it is `stale`, and how many of its slots are `held` (where it has a limit and no filter)."""
    return await tx.row(_QUEUE, queue_id=queue_id, stale_before=stale_before)


async def due_in_queue(tx: Executor, queue_id: UUID, queue_name: str, before: datetime, most: int) -> bytes:
    """The runs of a queue that are due, as a JSON array."""
    found: bytes = await tx.value(_DUE_IN_QUEUE, queue_id=queue_id, queue_name=queue_name, before=before, most=most)
    return found


async def held_by_filter(tx: Executor, queue_id: UUID) -> int:
    """How many runs are under way that an old queue asks for by its filter."""
    found: int = await tx.value(_HELD_BY_FILTER, queue_id=queue_id)
    return found


async def due_by_filter(tx: Executor, queue_id: UUID, before: datetime, most: int) -> bytes:
    """The runs that an old queue asks for by its filter, as a JSON array."""
    found: bytes = await tx.value(_DUE_BY_FILTER, queue_id=queue_id, before=before, most=most)
    return found


async def silent_deployments(tx: Executor, since: datetime, most: int) -> list[UUID]:
    """Ready deployments of whose runs nobody has asked since then, neither by themselves nor by their queue."""
    return [row["id"] for row in await tx.rows(_SILENT_DEPLOYMENTS, since=since, most=most)]


async def not_ready_in_queues(tx: Executor, queue_ids: Sequence[UUID]) -> list[UUID]:
    """Deployments of these queues that are not known to be ready."""
    return [row["id"] for row in await tx.rows(_NOT_READY_IN_QUEUES, queue_ids=list(queue_ids))]


async def long_cancelling(tx: Executor, since: datetime, most: int) -> list[UUID]:
    """Runs that have been CANCELLING since then or longer."""
    return [row["id"] for row in await tx.rows(_CANCELLING, since=since, most=most)]


async def hold_cancelling(tx: Executor, run_id: UUID, since: datetime) -> Row | None:
    """Hold a run until the transaction ends, if it is still one of these: its infrastructure, queue and pool."""
    return await tx.row(_HOLD_CANCELLING, run_id=run_id, since=since)

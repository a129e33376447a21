"""Every statement of the UI's operations: each page's numbers in one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Executable,
    Float,
    Integer,
    Uuid,
    any_,
    bindparam,
    case,
    exists,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from locum.features.task_runs.store.projection import FIELDS
from locum.filters.listing import Listing
from locum.filters.statements import Clauses, Restriction, Shaped
from locum.infra.db import Executor, Row, json_object, prepare
from locum.tables.base import Instant
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run
from locum.tables.run_times import estimated_run_time, seconds, start_delay
from locum.tables.task_runs import task_run

BUCKETS = 20

HISTORY = Listing(
    flow_run,
    json_object(
        flow_run,
        {
            "id": flow_run.c.id,
            "state_type": flow_run.c.state_type,
            "timestamp": flow_run.c.effective_start,
            "duration": estimated_run_time(flow_run.c),
            "lateness": start_delay(flow_run.c),
        },
    ),
)

_FLOW_RUN_NAME = select(flow_run.c.name).where(flow_run.c.id == task_run.c.flow_run_id).scalar_subquery()
_TASK_RUN = json_object(task_run, {**FIELDS, "flow_run_name": _FLOW_RUN_NAME})
_TASK_RUN_BY_ID = prepare(
    select(_TASK_RUN).select_from(task_run).where(task_run.c.id == bindparam("run_id", type_=Uuid))
)

_IDS: BindParameter[Sequence[UUID]] = bindparam("ids", type_=ARRAY(Uuid))
_SUBFLOW = exists().where(flow_run.c.parent_task_run_id == task_run.c.id).correlate(task_run)
_TASK_RUNS = prepare(
    select(task_run.c.flow_run_id.label("id"), func.count().label("count"))
    .where(task_run.c.flow_run_id == any_(_IDS), ~_SUBFLOW)
    .group_by(task_run.c.flow_run_id)
)
_DEPLOYMENTS = prepare(
    select(deployment.c.flow_id.label("id"), func.count().label("count"))
    .where(deployment.c.flow_id == any_(_IDS))
    .group_by(deployment.c.flow_id)
)


def _next_runs() -> Executable:
    wanted = func.unnest(_IDS).table_valued("id", name="wanted").render_derived()
    soonest = (
        select(
            flow_run.c.id,
            flow_run.c.flow_id,
            flow_run.c.name,
            flow_run.c.state_name,
            flow_run.c.state_type,
            flow_run.c.next_scheduled_start_time,
        )
        .where(
            flow_run.c.flow_id == wanted.c.id,
            flow_run.c.state_type == "SCHEDULED",
            flow_run.c.next_scheduled_start_time.is_not(None),
        )
        .order_by(flow_run.c.next_scheduled_start_time, flow_run.c.id)
        .limit(1)
        .lateral("soonest")
    )
    return select(*soonest.c).select_from(wanted.join(soonest, true()))


_NEXT_RUNS = prepare(_next_runs())


def _by_state(clauses: Clauses) -> Executable:
    return (
        select(task_run.c.state_type, func.count().label("count"))
        .where(task_run.c.state_type.is_not(None), *clauses)
        .group_by(task_run.c.state_type)
    )


def _by_time(clauses: Clauses) -> Executable:
    start: BindParameter[datetime] = bindparam("start", type_=Instant)
    width: BindParameter[float] = bindparam("width", type_=Float(53))
    since = seconds(task_run.c.start_time - start)
    bucket = func.floor(since / width).cast(Integer).label("bucket")
    failed = func.sum(case((task_run.c.state_type.in_(("FAILED", "CRASHED")), 1), else_=0))
    return (
        select(bucket, failed.label("failed"), (func.count() - failed).label("completed"))
        .where(task_run.c.start_time >= start, task_run.c.start_time < bindparam("until", type_=Instant), *clauses)
        .group_by(bucket)
    )


_BY_STATE = Shaped(_by_state)
_BY_TIME = Shaped(_by_time)


async def get_task_run(tx: Executor, run_id: UUID) -> str | None:
    """One task run with the name of its flow run as JSON text."""
    return await tx.value(_TASK_RUN_BY_ID, run_id=run_id)


async def count_task_runs(tx: Executor, flow_run_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many task runs each flow run has, those that stand for subflows left out."""
    return _counted(flow_run_ids, await tx.rows(_TASK_RUNS, ids=list(flow_run_ids)))


async def count_deployments(tx: Executor, flow_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many deployments each flow has."""
    return _counted(flow_ids, await tx.rows(_DEPLOYMENTS, ids=list(flow_ids)))


async def next_runs(tx: Executor, flow_ids: Sequence[UUID]) -> dict[UUID, Row | None]:
    """The scheduled run of each flow that is to begin first."""
    found = {row["flow_id"]: row for row in await tx.rows(_NEXT_RUNS, ids=list(set(flow_ids)))}
    return {flow_id: found.get(flow_id) for flow_id in flow_ids}


async def count_by_state(tx: Executor, restriction: Restriction) -> dict[str, int]:
    """How many of these task runs are in each type of state."""
    statement, values = _BY_STATE(restriction)
    return {row["state_type"]: row["count"] for row in await tx.rows(statement, **values)}


async def count_by_time(tx: Executor, restriction: Restriction, start: datetime, until: datetime) -> dict[int, Row]:
    """How many of these task runs began in each of the equal parts of that time and ended well, or did not."""
    statement, values = _BY_TIME(restriction)
    width = (until - start).total_seconds() / BUCKETS
    rows = await tx.rows(statement, **values, start=start, until=until, width=width)
    return {row["bucket"]: row for row in rows}


def _counted(ids: Sequence[UUID], rows: Sequence[Row]) -> dict[UUID, int]:
    found = {row["id"]: row["count"] for row in rows}
    return {one: found.get(one, 0) for one in ids}

"""What the graph of a flow run is made of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid, bindparam, case, exists, func, literal, null, or_, select

from locum.infra.db import Executor, Row, prepare
from locum.tables.artifacts import artifact, artifact_collection
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run, flow_run_state
from locum.tables.flows import flow
from locum.tables.run_times import estimated_run_time
from locum.tables.task_runs import task_run

_RUN_ID = bindparam("run_id", type_=Uuid)
_RUN = prepare(
    select(flow_run.c.effective_start.label("start_time"), flow_run.c.end_time).where(flow_run.c.id == _RUN_ID)
)

_BEGAN = func.coalesce(
    flow_run.c.start_time, flow_run.c.expected_start_time, task_run.c.start_time, task_run.c.expected_start_time
)
_ENDED = func.coalesce(
    flow_run.c.end_time,
    task_run.c.end_time,
    case((task_run.c.state_type == "COMPLETED", task_run.c.expected_start_time), else_=null()),
)
_NODE_ID = func.coalesce(flow_run.c.id, task_run.c.id)
_NODES = prepare(
    select(
        case((flow_run.c.id.is_not(None), literal("flow-run", Text)), else_=literal("task-run", Text)).label("kind"),
        _NODE_ID.label("id"),
        func.coalesce(flow.c.name + " / " + flow_run.c.name, task_run.c.name).label("label"),
        func.coalesce(flow_run.c.state_type, task_run.c.state_type).label("state_type"),
        _BEGAN.label("start_time"),
        _ENDED.label("end_time"),
        task_run.c.task_inputs,
    )
    .select_from(
        task_run.outerjoin(flow_run, flow_run.c.parent_task_run_id == task_run.c.id).outerjoin(
            flow, flow.c.id == flow_run.c.flow_id
        )
    )
    .where(task_run.c.flow_run_id == _RUN_ID, _BEGAN.is_not(None))
    .order_by(_BEGAN, _ENDED, _NODE_ID)
)
_EXTENT = prepare(
    select(func.count()).select_from(
        select(task_run.c.id)
        .select_from(task_run.outerjoin(flow_run, flow_run.c.parent_task_run_id == task_run.c.id))
        .where(
            task_run.c.flow_run_id == _RUN_ID,
            _BEGAN.is_not(None),
            or_(_ENDED.is_(None), bindparam("since", type_=Instant) <= _ENDED),
        )
        .limit(bindparam("most", type_=BigInteger))
        .subquery()
    )
)
_STATES = prepare(
    select(flow_run_state.c.id, flow_run_state.c.timestamp, flow_run_state.c.type, flow_run_state.c.name)
    .where(flow_run_state.c.flow_run_id == _RUN_ID)
    .order_by(flow_run_state.c.timestamp, flow_run_state.c.id)
)
_TASK_RUNS = prepare(
    select(
        task_run.c.id,
        task_run.c.name,
        task_run.c.state,
        task_run.c.task_inputs,
        task_run.c.expected_start_time,
        task_run.c.start_time,
        task_run.c.end_time,
        task_run.c.total_run_time,
        estimated_run_time(task_run.c).label("estimated_run_time"),
    )
    .where(task_run.c.flow_run_id == _RUN_ID)
    .order_by(task_run.c.id.desc())
)


_IS_LATEST = (
    exists()
    .where(artifact_collection.c.key == artifact.c.key, artifact_collection.c.latest_id == artifact.c.id)
    .correlate(artifact)
)
_ARTIFACTS = prepare(
    select(
        artifact.c.id,
        artifact.c.created,
        artifact.c.key,
        artifact.c.type,
        or_(artifact.c.key.is_(None), _IS_LATEST).label("is_latest"),
        # only progress is drawn; the rest is read where it is looked at
        case((artifact.c.type == "progress", artifact.c.data), else_=null()).label("data"),
        artifact.c.task_run_id,
    )
    .where(artifact.c.flow_run_id == _RUN_ID, artifact.c.type != "result")
    .order_by(artifact.c.created, artifact.c.id)
    .limit(bindparam("most", type_=BigInteger))
)


async def run(tx: Executor, run_id: UUID) -> Row | None:
    """When the flow run began and ended."""
    return await tx.row(_RUN, run_id=run_id)


async def extent(tx: Executor, run_id: UUID, since: datetime, most: int) -> int:
    """How many of its nodes did not end before `since`, counted up to `most`."""
    found: int = await tx.value(_EXTENT, run_id=run_id, since=since, most=most)
    return found


async def nodes(tx: Executor, run_id: UUID) -> list[Row]:
    """The task runs and subflow runs in it, in the order in which they began."""
    return await tx.rows(_NODES, run_id=run_id)


async def states(tx: Executor, run_id: UUID) -> list[Row]:
    """The states that it has been in, in order."""
    return await tx.rows(_STATES, run_id=run_id)


async def task_runs(tx: Executor, run_id: UUID) -> list[Row]:
    """Its task runs, the newest first."""
    return await tx.rows(_TASK_RUNS, run_id=run_id)


async def artifacts(tx: Executor, run_id: UUID, most: int) -> list[Row]:
    """The artifacts that it and its task runs made, the oldest first; results are none."""
    return await tx.rows(_ARTIFACTS, run_id=run_id, most=most)

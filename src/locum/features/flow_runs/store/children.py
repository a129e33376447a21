"""What belongs to cancelled flow runs and goes on: their task runs, and their subflows."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Integer, Uuid, and_, bindparam, select

from locum.domain.states import TERMINAL, StateType
from locum.infra.db import Executor, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run
from locum.tables.task_runs import task_run

_GOING_ON = sorted(set(StateType) - TERMINAL)
_MOST, _RUN_ID = bindparam("most", type_=Integer), bindparam("run_id", type_=Uuid)

_parent = flow_run.alias("parent")
_CANCELLED_LATELY = and_(
    _parent.c.id == task_run.c.flow_run_id,
    _parent.c.state_type == "CANCELLED",
    _parent.c.end_time >= bindparam("since", type_=Instant),
)
_TASK_RUNS = (
    select(task_run.c.id, task_run.c.tags)
    .select_from(task_run.join(_parent, _CANCELLED_LATELY))
    .where(task_run.c.state_type.in_(_GOING_ON))
)
_SUBFLOWS = (
    select(flow_run.c.id, flow_run.c.deployment_id, flow_run.c.state_type)
    .select_from(
        flow_run.join(task_run, task_run.c.id == flow_run.c.parent_task_run_id).join(_parent, _CANCELLED_LATELY)
    )
    .where(
        flow_run.c.state_type.in_(_GOING_ON),
        # whoever carries out a deployment's run is told to end it, once
        ~and_(flow_run.c.deployment_id.is_not(None), flow_run.c.state_type == "CANCELLING"),
    )
)


def _first(runs: Any) -> Any:
    """In no order: one would lead through all task runs, where there are few that belong to cancelled runs."""
    return prepare(runs.limit(_MOST))


def _held(runs: Any, table: Any) -> Any:
    return prepare(runs.where(table.c.id == _RUN_ID).with_for_update(of=table))


_FIRST_TASK_RUNS, _HELD_TASK_RUN = _first(_TASK_RUNS), _held(_TASK_RUNS, task_run)
_FIRST_SUBFLOWS, _HELD_SUBFLOW = _first(_SUBFLOWS), _held(_SUBFLOWS, flow_run)


async def task_runs(tx: Executor, since: datetime, most: int) -> dict[UUID, list[str]]:
    """Task runs that go on though their flow run was cancelled since then, each with its tags."""
    rows = await tx.rows(_FIRST_TASK_RUNS, since=since, most=most)
    return {row["id"]: orjson.loads(row["tags"] or "[]") for row in rows}


async def subflows(tx: Executor, since: datetime, most: int) -> list[UUID]:
    """Subflows that go on though the flow run that called them was cancelled since then."""
    return [row["id"] for row in await tx.rows(_FIRST_SUBFLOWS, since=since, most=most)]


async def hold_task_run(tx: Executor, run_id: UUID, since: datetime) -> bool:
    """Hold a task run until the transaction ends, if it still is one of these; whether that is so."""
    return await tx.row(_HELD_TASK_RUN, run_id=run_id, since=since) is not None


async def hold_subflow(tx: Executor, run_id: UUID, since: datetime) -> tuple[bool, bool]:
    """Hold a subflow likewise; whether it still is one of these, and whether it is a deployment's."""
    row = await tx.row(_HELD_SUBFLOW, run_id=run_id, since=since)
    return row is not None, row is not None and row["deployment_id"] is not None

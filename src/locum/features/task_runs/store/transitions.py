"""Reading a task run for a transition, and writing what was decided: the state and the run in one statement."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Integer, Uuid, bindparam, func, select, update

from locum.domain.orchestration import Decision, EnclosingFlowRun, TaskRunFacts, TaskRunPolicy
from locum.domain.states import State, StateDetails, StateType
from locum.infra.db import Executor, Row, prepare
from locum.tables.flow_runs import flow_run
from locum.tables.run_states import FACT_PARAMETERS, STATE_PARAMETERS, fact_values, history_insertion, state_values
from locum.tables.task_runs import task_run, task_run_state

TASK_RUN_FACTS = {**FACT_PARAMETERS, "flow_run_run_count": Integer()}
"""What is booked on the row of a task run with each state."""

_LOAD = prepare(
    select(
        task_run.c.id,
        task_run.c.flow_run_id,
        *(task_run.c[name] for name in TASK_RUN_FACTS),
        task_run.c.empirical_policy,
        task_run.c.state_id,
        task_run.c.state,
        flow_run.c.id.label("found_flow_run_id"),
        flow_run.c.run_count.label("flow_run_count"),
        flow_run.c.state_type.label("flow_run_state_type"),
        flow_run.c.state.label("flow_run_state"),
    )
    .select_from(task_run.outerjoin(flow_run, flow_run.c.id == task_run.c.flow_run_id))
    .where(task_run.c.id == bindparam("run_id", type_=Uuid))
)


def _changed(columns: Mapping[str, Any]) -> CTE:
    """The changing of the run, only if it is still in the state that was read."""
    return (
        update(task_run)
        .where(
            task_run.c.id == bindparam("run_id", type_=Uuid),
            task_run.c.state_id.is_not_distinct_from(bindparam("read_state_id", type_=Uuid)),
        )
        .values(
            **{name: bindparam(name, type_=kind) for name, kind in columns.items()},
            updated=func.now(),
        )
        .returning(task_run.c.id)
        .cte("changed")
    )


def _write_state() -> Any:
    changed = _changed({**STATE_PARAMETERS, **TASK_RUN_FACTS})
    return (
        select(func.count()).select_from(changed).add_cte(history_insertion(task_run_state.c.task_run_id, changed.c.id))
    )


_WRITE_STATE = prepare(_write_state())
_WRITE_FACTS = prepare(select(func.count()).select_from(_changed(TASK_RUN_FACTS)))


async def load(tx: Executor, run_id: UUID) -> tuple[TaskRunFacts, State | None] | None:
    """What rules may ask of the run, and the state it is in."""
    row = await tx.row(_LOAD, run_id=run_id)
    if row is None:
        return None
    facts = TaskRunFacts(
        id=row["id"],
        flow_run_id=row["flow_run_id"],
        empirical_policy=TaskRunPolicy.model_validate_json(row["empirical_policy"]),
        flow_run=_enclosing(row),
        **{name: row[name] for name in TASK_RUN_FACTS},
    )
    return facts, None if row["state"] is None else State.model_validate_json(row["state"])


def _enclosing(row: Row) -> EnclosingFlowRun | None:
    if row["found_flow_run_id"] is None:
        return None
    kind = row["flow_run_state_type"]
    state = None if row["flow_run_state"] is None else State.model_validate_json(row["flow_run_state"])
    return EnclosingFlowRun(
        id=row["found_flow_run_id"],
        run_count=row["flow_run_count"],
        state_type=None if kind is None else StateType(kind),
        state_details=StateDetails() if state is None else state.state_details,
    )


async def write(tx: Executor, decision: Decision[TaskRunFacts]) -> bool:
    """Write a decision; False where the run is no longer in the state that was read."""
    values: dict[str, Any] = {
        "run_id": decision.run.id,
        "read_state_id": decision.initial.id if decision.initial else None,
        **fact_values(decision.run, TASK_RUN_FACTS),
    }
    if decision.state is None:
        return bool(await tx.value(_WRITE_FACTS, **values))
    return bool(await tx.value(_WRITE_STATE, **values, **state_values(decision.state)))

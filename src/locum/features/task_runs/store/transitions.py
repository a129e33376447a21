"""Reading a task run for a transition, and writing what was decided: the state and the run in one statement."""

from typing import Any
from uuid import UUID

from sqlalchemy import CTE, JSON, Float, Integer, Text, Uuid, bindparam, func, insert, select, update

from locum.domain.orchestration import Decision, EnclosingFlowRun, TaskRunFacts, TaskRunPolicy
from locum.domain.states import State, StateDetails, StateType
from locum.infra.db import Executor, Row, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run
from locum.tables.task_runs import task_run, task_run_state

STATE_PARAMETERS = {
    "state_id": Uuid(),
    "state_type": Text(),
    "state_name": Text(),
    "state_timestamp": Instant,
    "state": JSON(),
}
FACT_PARAMETERS = {
    "run_count": Integer(),
    "total_run_time": Float(53),
    "start_time": Instant,
    "end_time": Instant,
    "expected_start_time": Instant,
    "next_scheduled_start_time": Instant,
    "flow_run_run_count": Integer(),
}

_LOAD = prepare(
    select(
        task_run.c.id,
        task_run.c.flow_run_id,
        *(task_run.c[name] for name in FACT_PARAMETERS),
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


def history_insertion(run: CTE) -> CTE:
    """The inserting of the state into the history, for the one row of `run`, which has the run's id."""
    rows = select(
        bindparam("state_id", type_=Uuid),
        run.c.id,
        bindparam("state_type", type_=Text),
        bindparam("state_name", type_=Text),
        bindparam("state_timestamp", type_=Instant),
        bindparam("history_message", type_=Text),
        bindparam("history_details", type_=JSON),
        bindparam("history_data", type_=JSON),
    )
    columns = ["id", "task_run_id", "type", "name", "timestamp", "message", "state_details", "data"]
    return insert(task_run_state).from_select(columns, rows).returning(task_run_state.c.id).cte("history")


def state_values(state: State) -> dict[str, Any]:
    """The parameters that carry a state, for the run's row and for the history."""
    return {
        "state_id": state.id,
        "state_type": state.type.value,
        "state_name": state.name,
        "state_timestamp": state.timestamp,
        "state": state.but(data=state.kept_data).model_dump_json(),
        "history_message": state.message,
        "history_details": state.details_json(),
        "history_data": state.data_json(),
    }


def fact_values(facts: TaskRunFacts) -> dict[str, Any]:
    """The parameters that carry a run's facts."""
    return {name: getattr(facts, name) for name in FACT_PARAMETERS}


def _changed(columns: dict[str, Any]) -> CTE:
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
    changed = _changed({**STATE_PARAMETERS, **FACT_PARAMETERS})
    return select(func.count()).select_from(changed).add_cte(history_insertion(changed))


_WRITE_STATE = prepare(_write_state())
_WRITE_FACTS = prepare(select(func.count()).select_from(_changed(FACT_PARAMETERS)))


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
        **{name: row[name] for name in FACT_PARAMETERS},
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
        **fact_values(decision.run),
    }
    if decision.state is None:
        return bool(await tx.value(_WRITE_FACTS, **values))
    return bool(await tx.value(_WRITE_STATE, **values, **state_values(decision.state)))

"""Reading a run for a transition, and writing what was decided: the state, the run and the event in one statement."""

from typing import Any
from uuid import UUID

from sqlalchemy import CTE, JSON, Float, Integer, Text, Uuid, bindparam, func, insert, select, update

from locum.domain.orchestration import Decision, FlowRunFacts, FlowRunPolicy
from locum.domain.states import State
from locum.features.events.emit import Announcement, insertion, insertion_parameters
from locum.features.flow_runs.store.surroundings import COLUMNS, joined_to_run
from locum.infra.db import Executor, Row, Tx, dump_json, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run, flow_run_state

LOADED = select(
    flow_run.c.id,
    flow_run.c.name,
    flow_run.c.flow_id,
    flow_run.c.tags,
    flow_run.c.created_by,
    flow_run.c.run_count,
    flow_run.c.total_run_time,
    flow_run.c.start_time,
    flow_run.c.end_time,
    flow_run.c.expected_start_time,
    flow_run.c.next_scheduled_start_time,
    flow_run.c.deployment_id,
    flow_run.c.parent_task_run_id,
    flow_run.c.infrastructure_pid,
    flow_run.c.empirical_policy,
    flow_run.c.state_id,
    flow_run.c.state,
    *COLUMNS,
).select_from(joined_to_run())
"""Runs as they are read for a transition; which ones is still to be said."""

_LOAD = prepare(LOADED.where(flow_run.c.id == bindparam("run_id", type_=Uuid)))
_HOLD = prepare(select(flow_run.c.id).where(flow_run.c.id == bindparam("run_id", type_=Uuid)).with_for_update())

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
}


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
    columns = ["id", "flow_run_id", "type", "name", "timestamp", "message", "state_details", "data"]
    return insert(flow_run_state).from_select(columns, rows).returning(flow_run_state.c.id).cte("history")


def state_values(state: State) -> dict[str, Any]:
    """The parameters that carry a state, for the run's row and for the history."""
    details, data = state.details_json(), state.data_json()
    return {
        "state_id": state.id,
        "state_type": state.type.value,
        "state_name": state.name,
        "state_timestamp": state.timestamp,
        "state": _written(state, details, data),
        "history_message": state.message,
        "history_details": details,
        "history_data": data,
    }


def _written(state: State, details: str, data: str | None) -> str:
    """The state as its run's row holds it and answers with it: details and data are written once only."""
    head = dump_json({"id": state.id, "type": state.type, "name": state.name, "timestamp": state.timestamp})
    message = dump_json(state.message)
    return f'{head[:-1]},"message":{message},"data":{data or "null"},"state_details":{details}}}'


def fact_values(facts: FlowRunFacts) -> dict[str, Any]:
    """The parameters that carry a run's facts."""
    return {name: getattr(facts, name) for name in FACT_PARAMETERS}


def _changed(columns: dict[str, Any]) -> CTE:
    """The changing of the run, only if it is still in the state that was read."""
    return (
        update(flow_run)
        .where(
            flow_run.c.id == bindparam("run_id", type_=Uuid),
            flow_run.c.state_id.is_not_distinct_from(bindparam("read_state_id", type_=Uuid)),
        )
        .values(
            **{name: bindparam(name, type_=kind) for name, kind in columns.items()},
            empirical_policy=func.coalesce(bindparam("new_policy", type_=JSON), flow_run.c.empirical_policy),
            updated=func.now(),
        )
        .returning(flow_run.c.id)
        .cte("changed")
    )


def _write_state() -> Any:
    changed = _changed({**STATE_PARAMETERS, **FACT_PARAMETERS})
    announced = insertion(only_if=changed)
    return select(func.count()).select_from(changed).add_cte(history_insertion(changed), announced)


_WRITE_STATE = prepare(_write_state())
_WRITE_FACTS = prepare(select(func.count()).select_from(_changed(FACT_PARAMETERS)))


async def load(tx: Executor, run_id: UUID) -> Row | None:
    """The run with its state, the facts that rules may ask for, and what lies around it."""
    return await tx.row(_LOAD, run_id=run_id)


async def hold(tx: Tx, run_id: UUID) -> bool:
    """Let nobody else change the run until the transaction ends; whether there is such a run."""
    return await tx.value(_HOLD, run_id=run_id) is not None


def facts_of(row: Row) -> FlowRunFacts:
    """The facts in a loaded row."""
    return FlowRunFacts(
        id=row["id"],
        deployment_id=row["deployment_id"],
        parent_task_run_id=row["parent_task_run_id"],
        infrastructure_pid=row["infrastructure_pid"],
        empirical_policy=FlowRunPolicy.model_validate_json(row["empirical_policy"]),
        **{name: row[name] for name in FACT_PARAMETERS},
    )


def state_of(row: Row) -> State | None:
    """The state in a loaded row."""
    return None if row["state"] is None else State.model_validate_json(row["state"])


async def write(
    tx: Executor, read: FlowRunFacts, decision: Decision[FlowRunFacts], announcement: Announcement | None
) -> bool:
    """Write a decision with its announcement; False where the run is no longer in the state that was read."""
    after = decision.run
    values: dict[str, Any] = {
        "run_id": after.id,
        "read_state_id": decision.initial.id if decision.initial else None,
        "new_policy": None
        if after.empirical_policy is read.empirical_policy
        else after.empirical_policy.model_dump_json(),
        **fact_values(after),
    }
    if decision.state is None or announcement is None:
        return bool(await tx.value(_WRITE_FACTS, **values))
    values |= state_values(decision.state) | insertion_parameters([announcement])
    return bool(await tx.value(_WRITE_STATE, **values))

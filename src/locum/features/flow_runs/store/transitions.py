"""Reading a run for a transition, and writing what was decided: the state, the run and the event in one statement."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, JSON, Uuid, bindparam, func, select, update

from locum.domain.orchestration import Decision, FlowRunFacts, FlowRunPolicy
from locum.domain.states import State
from locum.features.events.emit import Announcement, insertion, insertion_parameters
from locum.features.flow_runs.store.surroundings import COLUMNS, joined_to_run
from locum.infra.db import Executor, Row, Tx, prepare
from locum.tables.flow_runs import flow_run, flow_run_state
from locum.tables.run_states import FACT_PARAMETERS, STATE_PARAMETERS, fact_values, history_insertion, state_values

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


def _changed(columns: Mapping[str, Any]) -> CTE:
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
    history = history_insertion(flow_run_state.c.flow_run_id, changed.c.id)
    return select(func.count()).select_from(changed).add_cte(history, insertion(only_if=changed))


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

"""Reading a run for a transition, and writing what was decided: the state, the run and the event in one statement."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, JSON, ColumnElement, Uuid, bindparam, func, select, update

from locum.domain.orchestration import Decision, DeploymentSlots, FlowRunFacts, FlowRunPolicy
from locum.domain.orchestration.effects import EndLease, RenewLease, TakeSlots
from locum.domain.states import State
from locum.features.concurrency.store import beside
from locum.features.concurrency.store.beside import Beside
from locum.features.concurrency.store.taking import Lease
from locum.features.events.emit import Announcement, insertion, insertion_parameters
from locum.features.flow_runs.store.surroundings import COLUMNS, joined_to_run
from locum.infra.db import Executor, Prepared, Row, Tx, prepare
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run, flow_run_state
from locum.tables.run_states import FACT_PARAMETERS, STATE_PARAMETERS, fact_values, history_insertion, state_values

SlotEffect = TakeSlots | RenewLease | EndLease
"""What may become of the run's slot, in the statement that writes its state."""

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
    deployment.c.concurrency_limit_id,
    deployment.c.concurrency_options,
).select_from(joined_to_run())
"""Runs as they are read for a transition; which ones is still to be said."""

_LOAD = prepare(LOADED.where(flow_run.c.id == bindparam("run_id", type_=Uuid)))
_HOLD = prepare(select(flow_run.c.id).where(flow_run.c.id == bindparam("run_id", type_=Uuid)).with_for_update())


def _changed(columns: Mapping[str, Any], *conditions: ColumnElement[bool]) -> CTE:
    """The changing of the run, only if it is still in the state that was read."""
    return (
        update(flow_run)
        .where(
            flow_run.c.id == bindparam("run_id", type_=Uuid),
            flow_run.c.state_id.is_not_distinct_from(bindparam("read_state_id", type_=Uuid)),
            *conditions,
        )
        .values(
            **{name: bindparam(name, type_=kind) for name, kind in columns.items()},
            empirical_policy=func.coalesce(bindparam("new_policy", type_=JSON), flow_run.c.empirical_policy),
            updated=func.now(),
        )
        .returning(flow_run.c.id)
        .cte("changed")
    )


def _write_state(slots: Beside | None = None) -> Prepared:
    changed = _changed({**STATE_PARAMETERS, **FACT_PARAMETERS}, *([slots.condition] if slots else ()))
    history = history_insertion(flow_run_state.c.flow_run_id, changed.c.id)
    follows = slots.follow(changed) if slots else ()
    return prepare(select(func.count()).select_from(changed).add_cte(history, insertion(only_if=changed), *follows))


_WRITE_STATE = _write_state()
_WRITE_STATE_AND = {
    TakeSlots: _write_state(beside.taking()),
    RenewLease: _write_state(beside.renewing()),
    EndLease: _write_state(beside.giving_back()),
}
_WRITE_FACTS = prepare(select(func.count()).select_from(_changed(FACT_PARAMETERS)))


async def load(tx: Executor, run_id: UUID) -> Row | None:
    """The run with its state, the facts that rules may ask for, and what lies around it."""
    return await tx.row(_LOAD, run_id=run_id)


async def hold(tx: Tx, run_id: UUID) -> bool:
    """Let nobody else change the run until the transaction ends; whether there is such a run."""
    return await tx.value(_HOLD, run_id=run_id) is not None


def facts_of(row: Mapping[str, Any], slots: DeploymentSlots | None = None) -> FlowRunFacts:
    """The facts in a loaded row, and those that were loaded besides."""
    return FlowRunFacts(
        id=row["id"],
        deployment_id=row["deployment_id"],
        deployment_exists=row["found_deployment_id"] is not None,
        slots=slots,
        parent_task_run_id=row["parent_task_run_id"],
        infrastructure_pid=row["infrastructure_pid"],
        empirical_policy=FlowRunPolicy.model_validate_json(row["empirical_policy"]),
        **{name: row[name] for name in FACT_PARAMETERS},
    )


def state_of(row: Mapping[str, Any]) -> State | None:
    """The state in a loaded row."""
    return None if row["state"] is None else State.model_validate_json(row["state"])


async def write(
    tx: Executor,
    read: FlowRunFacts,
    decision: Decision[FlowRunFacts],
    announcement: Announcement | None,
    slots: SlotEffect | None = None,
) -> bool:
    """Write a decision with its announcement, and what becomes of the run's slot.

    False where the run is no longer in the state that was read, or the slot is no longer there to be taken or kept.
    """
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
    if slots is None:
        return bool(await tx.value(_WRITE_STATE, **values))
    return bool(await tx.value(_WRITE_STATE_AND[type(slots)], **values, **_slot_values(after.id, slots)))


def _slot_values(run_id: UUID, slots: SlotEffect) -> dict[str, Any]:
    match slots:
        case TakeSlots(limits=limits, lease_id=lease_id, lasts=lasts):
            return beside.taking_values(limits, Lease(lease_id, lasts, "flow_run", run_id))
        case RenewLease(lease_id=lease_id, lasts=lasts):
            return beside.renewing_values(lease_id, lasts)
        case EndLease(lease_id=lease_id):
            return beside.giving_back_values(lease_id)

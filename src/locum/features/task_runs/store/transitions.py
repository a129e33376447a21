"""Reading a task run for a transition, and writing what was decided: the state and the run in one statement."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import CTE, ColumnElement, Integer, Uuid, bindparam, func, select, update

from locum.domain.orchestration import Decision, EnclosingFlowRun, TaskRunFacts, TaskRunPolicy
from locum.domain.orchestration.effects import GiveBackTags, RememberResult, TakeSlots
from locum.domain.states import State, StateDetails, StateType
from locum.features.concurrency.store import beside
from locum.features.concurrency.store.beside import Beside
from locum.features.concurrency.store.taking import Lease
from locum.features.task_runs.store import remembered
from locum.infra.db import Executor, Prepared, Row, prepare
from locum.tables.flow_runs import flow_run
from locum.tables.run_states import FACT_PARAMETERS, STATE_PARAMETERS, fact_values, history_insertion, state_values
from locum.tables.task_runs import task_run, task_run_state

TASK_RUN_FACTS = {**FACT_PARAMETERS, "flow_run_run_count": Integer()}
"""What is booked on the row of a task run with each state."""

_LOADED = select(
    task_run.c.id,
    task_run.c.flow_run_id,
    task_run.c.tags,
    *(task_run.c[name] for name in TASK_RUN_FACTS),
    task_run.c.empirical_policy,
    task_run.c.state_id,
    task_run.c.state,
    flow_run.c.id.label("found_flow_run_id"),
    flow_run.c.run_count.label("flow_run_count"),
    flow_run.c.state_type.label("flow_run_state_type"),
    flow_run.c.state.label("flow_run_state"),
).select_from(task_run.outerjoin(flow_run, flow_run.c.id == task_run.c.flow_run_id))
_LOAD = prepare(_LOADED.where(task_run.c.id == bindparam("run_id", type_=Uuid)))
_LOAD_FAILED = prepare(
    _LOADED.where(
        task_run.c.flow_run_id == bindparam("flow_run_id", type_=Uuid), task_run.c.state_type == "FAILED"
    ).order_by(task_run.c.id)
)


def _changed(columns: Mapping[str, Any], *conditions: ColumnElement[bool]) -> CTE:
    """The changing of the run, only if it is still in the state that was read."""
    return (
        update(task_run)
        .where(
            task_run.c.id == bindparam("run_id", type_=Uuid),
            task_run.c.state_id.is_not_distinct_from(bindparam("read_state_id", type_=Uuid)),
            *conditions,
        )
        .values(
            **{name: bindparam(name, type_=kind) for name, kind in columns.items()},
            updated=func.now(),
        )
        .returning(task_run.c.id)
        .cte("changed")
    )


def _write_state(slots: Beside | None = None, *, remember: bool = False) -> Prepared:
    changed = _changed({**STATE_PARAMETERS, **TASK_RUN_FACTS}, *([slots.condition] if slots else ()))
    follows = [history_insertion(task_run_state.c.task_run_id, changed.c.id)]
    if slots:
        follows += slots.follow(changed)
    if remember:
        follows.append(remembered.insertion(changed))
    return prepare(select(func.count()).select_from(changed).add_cte(*follows))


_WRITE_STATE = {
    (kind, remember): _write_state(slots, remember=remember)
    for kind, slots in ((None, None), (TakeSlots, beside.taking()), (GiveBackTags, beside.giving_back_tags()))
    for remember in (False, True)
}
_WRITE_FACTS = prepare(select(func.count()).select_from(_changed(TASK_RUN_FACTS)))


async def load(tx: Executor, run_id: UUID) -> tuple[TaskRunFacts, State | None] | None:
    """What rules may ask of the run, and the state it is in."""
    row = await tx.row(_LOAD, run_id=run_id)
    return None if row is None else _read(row)


async def load_failed(tx: Executor, flow_run_id: UUID) -> list[tuple[TaskRunFacts, State | None]]:
    """The same of the task runs of a flow run that have failed."""
    return [_read(row) for row in await tx.rows(_LOAD_FAILED, flow_run_id=flow_run_id)]


def _read(row: Row) -> tuple[TaskRunFacts, State | None]:
    facts = TaskRunFacts(
        id=row["id"],
        flow_run_id=row["flow_run_id"],
        tags=tuple(orjson.loads(row["tags"] or "[]")),
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
    """Write a decision, with what becomes of slots and what is to be remembered.

    False where the run is no longer in the state that was read, or slots are no longer there to be taken.
    """
    values: dict[str, Any] = {
        "run_id": decision.run.id,
        "read_state_id": decision.initial.id if decision.initial else None,
        **fact_values(decision.run, TASK_RUN_FACTS),
    }
    if decision.state is None:
        return bool(await tx.value(_WRITE_FACTS, **values))
    values |= state_values(decision.state)
    slots: type[TakeSlots | GiveBackTags] | None = None
    remember = False
    for effect in decision.effects:
        match effect:
            case TakeSlots(limits=limits, lease_id=lease_id, lasts=lasts):
                slots = TakeSlots
                values |= beside.taking_values(limits, Lease(lease_id, lasts, "task_run", decision.run.id))
            case GiveBackTags(tags=tags):
                slots = GiveBackTags
                values |= beside.giving_back_tags_values(tags, decision.run.id)
            case RememberResult():
                remember = True
                values |= remembered.values(effect)
            case _:
                continue
    return bool(await tx.value(_WRITE_STATE[slots, remember], **values))

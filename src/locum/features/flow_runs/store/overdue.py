"""Runs whose time has come: those that may be late, pauses that have run out; writing many transitions at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, func, literal_column, select, update

from locum.domain.orchestration import Decision, FlowRunFacts
from locum.features.events.emit import Announcement, insertion, insertion_parameters
from locum.features.flow_runs.store.transitions import LOADED
from locum.infra.db import Executor, GivenRows, Row, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run, flow_run_state
from locum.tables.run_states import (
    FACT_PARAMETERS,
    HISTORY_PARAMETERS,
    STATE_PARAMETERS,
    fact_values,
    history_insertion,
    state_values,
)

_BEFORE, _MOST = bindparam("before", type_=Instant), bindparam("most", type_=Integer)

_UNTOUCHED = prepare(
    LOADED.where(
        flow_run.c.state_type == "SCHEDULED",
        flow_run.c.state_name == literal_column("'Scheduled'", Text),
        flow_run.c.next_scheduled_start_time <= _BEFORE,
    )
    .order_by(flow_run.c.next_scheduled_start_time)
    .limit(_MOST)
)
_PAUSE_ENDS = literal_column("(flow_run.state -> 'state_details' ->> 'pause_timeout')::timestamptz", Instant)
_PAUSED_OUT = prepare(
    select(flow_run.c.id)
    .where(flow_run.c.state_type == "PAUSED", _PAUSE_ENDS < _BEFORE)
    .order_by(flow_run.c.id)
    .limit(_MOST)
)

_HOLD_PAUSED_OUT = prepare(
    select(flow_run.c.id)
    .where(flow_run.c.id == bindparam("run_id", type_=Uuid), flow_run.c.state_type == "PAUSED", _PAUSE_ENDS < _BEFORE)
    .with_for_update()
)

_ON_THE_RUN = {**STATE_PARAMETERS, **FACT_PARAMETERS}
_GIVEN = GivenRows("transition", {"run_id": Uuid(), "read_state_id": Uuid(), **_ON_THE_RUN, **HISTORY_PARAMETERS})


def _write_many() -> Any:
    """Each run is touched only if it is still in the state that was read; only then is history made and announced."""
    given = _GIVEN.c
    changed = (
        update(flow_run)
        .where(flow_run.c.id == given["run_id"], flow_run.c.state_id.is_not_distinct_from(given["read_state_id"]))
        .values(**{name: given[name] for name in _ON_THE_RUN}, updated=func.now())
        .returning(flow_run.c.id, flow_run.c.state_id.label("event_id"))
        .cte("changed")
    )
    history = history_insertion(
        flow_run_state.c.flow_run_id, changed.c.id, given["run_id"] == changed.c.id, values=given
    )
    return select(func.count()).select_from(changed).add_cte(history, insertion(among=changed))


_WRITE_MANY = prepare(_write_many())


async def untouched(tx: Executor, before: datetime, most: int) -> list[Row]:
    """Runs that were due before then and that nobody has touched, as they are read for a transition."""
    return await tx.rows(_UNTOUCHED, before=before, most=most)


async def paused_out(tx: Executor, now: datetime, most: int) -> list[UUID]:
    """Runs whose pause has run out."""
    return [row["id"] for row in await tx.rows(_PAUSED_OUT, before=now, most=most)]


async def hold_paused_out(tx: Executor, run_id: UUID, now: datetime) -> bool:
    """Hold a run until the transaction ends, if its pause has run out; whether that is so."""
    return await tx.value(_HOLD_PAUSED_OUT, run_id=run_id, before=now) is not None


async def write_many(
    tx: Executor, decisions: Sequence[Decision[FlowRunFacts]], announcements: Sequence[Announcement]
) -> int:
    """Write decisions that came to a state, with their announcements (by the ids of the states); how many were written.

    Those whose run is no longer in the state that was read are left out. The runs' policies are not written.
    """
    rows = (
        {
            "run_id": decision.run.id,
            "read_state_id": decision.initial.id if decision.initial else None,
            **state_values(decision.state),
            **fact_values(decision.run),
        }
        for decision in decisions
        if decision.state is not None
    )
    found: int = await tx.value(_WRITE_MANY, **_GIVEN.values(rows), **insertion_parameters(announcements))
    return found

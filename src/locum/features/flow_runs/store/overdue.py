"""Runs whose time has come: those that may be late, pauses that have run out; writing many transitions at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Integer, Text, Uuid, bindparam, func, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from locum.domain.orchestration import Decision, FlowRunFacts
from locum.features.events.emit import Announcement, insertion, insertion_parameters
from locum.features.flow_runs.store.transitions import LOADED, fact_values, state_values
from locum.infra.db import Executor, Row, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run, flow_run_state

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

_GIVEN_COLUMNS = {
    "run_id": Uuid(),
    "read_state_id": Uuid(),
    "state_id": Uuid(),
    "state_type": Text(),
    "state_name": Text(),
    "state_timestamp": Instant,
    "state": Text(),
    "history_message": Text(),
    "history_details": Text(),
    "history_data": Text(),
    "run_count": Integer(),
    "total_run_time": Float(53),
    "start_time": Instant,
    "end_time": Instant,
    "expected_start_time": Instant,
    "next_scheduled_start_time": Instant,
}
_ON_THE_RUN = (
    "state_id",
    "state_type",
    "state_name",
    "state_timestamp",
    "run_count",
    "total_run_time",
    "start_time",
    "end_time",
    "expected_start_time",
    "next_scheduled_start_time",
)


def _write_many() -> Any:
    """Each run is touched only if it is still in the state that was read; only then is history made and announced."""
    arrays = [bindparam(f"many_{name}", type_=ARRAY(kind)) for name, kind in _GIVEN_COLUMNS.items()]
    given = func.unnest(*arrays).table_valued(*_GIVEN_COLUMNS, name="transition").render_derived(name="transition")
    changed = (
        update(flow_run)
        .where(flow_run.c.id == given.c.run_id, flow_run.c.state_id.is_not_distinct_from(given.c.read_state_id))
        .values(
            **{name: given.c[name] for name in _ON_THE_RUN},
            state=literal_column("transition.state::json", JSON),
            updated=func.now(),
        )
        .returning(flow_run.c.id, flow_run.c.state_id.label("event_id"))
        .cte("changed")
    )
    history = insert(flow_run_state).from_select(
        ["id", "flow_run_id", "type", "name", "timestamp", "message", "state_details", "data"],
        select(
            given.c.state_id,
            given.c.run_id,
            given.c.state_type,
            given.c.state_name,
            given.c.state_timestamp,
            given.c.history_message,
            literal_column("transition.history_details::json", JSON),
            literal_column("transition.history_data::json", JSON),
        ).select_from(given.join(changed, changed.c.id == given.c.run_id)),
    )
    return select(func.count()).select_from(changed).add_cte(history.cte("history"), insertion(among=changed))


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
    values: dict[str, list[Any]] = {f"many_{name}": [] for name in _GIVEN_COLUMNS}
    for decision in decisions:
        if decision.state is None:
            continue
        row = {
            "run_id": decision.run.id,
            "read_state_id": decision.initial.id if decision.initial else None,
            **state_values(decision.state),
            **fact_values(decision.run),
        }
        for name in _GIVEN_COLUMNS:
            values[f"many_{name}"].append(row[name])
    found: int = await tx.value(_WRITE_MANY, **values, **insertion_parameters(announcements))
    return found

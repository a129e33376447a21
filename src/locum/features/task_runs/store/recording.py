"""Keeps what events tell of task runs: one upsert of rows and one insert of states, for any number of reports."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, JSON, ColumnElement, Float, Integer, Text, Uuid, and_, func, or_, select, tuple_
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from locum.features.task_runs.reports import RANKS, Report
from locum.infra.db import Executor, GivenRows, prepare
from locum.tables.base import Instant
from locum.tables.run_states import HISTORY_PARAMETERS, STATE_PARAMETERS, history_insertion, state_values
from locum.tables.task_runs import task_run, task_run_state

_RANKS: ColumnElement[Any] = sql(f"'{{{','.join(RANKS)}}}'::text[]", ARRAY(Text))

_TOLD = {
    "flow_run_id": Uuid(),
    "task_key": Text(),
    "dynamic_key": Text(),
    "name": Text(),
    "run_count": Integer(),
    "flow_run_run_count": Integer(),
    "expected_start_time": Instant,
    "next_scheduled_start_time": Instant,
    "start_time": Instant,
    "end_time": Instant,
    "total_run_time": Float(53),
    "cache_key": Text(),
    "cache_expiration": Instant,
    "task_version": Text(),
    "tags": JSONB(),
    "labels": JSONB(),
    "empirical_policy": JSON(),
    "task_inputs": JSON(),
}
_ROW = GivenRows("told", {"id": Uuid(), **STATE_PARAMETERS, **_TOLD})
_KEPT_WHERE_UNTOLD = frozenset(
    {
        "labels",
        "expected_start_time",
        "next_scheduled_start_time",
        "start_time",
        "end_time",
        "cache_key",
        "cache_expiration",
        "task_version",
    }
)
_HISTORY = GivenRows("history", {"run_id": Uuid(), **HISTORY_PARAMETERS})


def recording() -> Sequence[CTE]:
    """The recording of reports as CTEs, for a statement that also keeps the events; `values` gives its parameters."""
    return _runs(), _states()


def _runs() -> CTE:
    told = _ROW.c
    statement = insert(task_run).from_select(list(told), select(*told.values()))
    new = statement.excluded
    changes: dict[str, Any] = {
        name: func.coalesce(new[name], task_run.c[name]) if name in _KEPT_WHERE_UNTOLD else new[name]
        for name in told
        if name != "id"
    }
    newer = or_(
        task_run.c.state_timestamp.is_(None),
        task_run.c.state_timestamp < new.state_timestamp,
        and_(
            task_run.c.state_timestamp == new.state_timestamp,
            tuple_(_rank(task_run.c.state_type), task_run.c.state_id) < tuple_(_rank(new.state_type), new.state_id),
        ),
    )
    upsert = statement.on_conflict_do_update(
        index_elements=["id"], set_={**changes, "updated": func.now()}, where=newer
    )
    return upsert.returning(task_run.c.id).cte("recorded_runs")


def _rank(kind: Any) -> ColumnElement[int]:
    return func.array_position(_RANKS, kind)


def _states() -> CTE:
    return history_insertion(
        task_run_state.c.task_run_id, _HISTORY.c["run_id"], values=_HISTORY.c, name="recorded_states", again=True
    )


def values(reports: Iterable[Report]) -> dict[str, list[Any]]:
    """The parameters of `recording`: of each run the newest report, with what only older ones told, and all states."""
    newest: dict[UUID, Report] = {}
    every = sorted(reports, key=lambda report: report.order)
    for report in every:
        before = newest.get(report.run_id)
        if before is not None:
            untold = {name: before.columns[name] for name in _KEPT_WHERE_UNTOLD if report.columns[name] is None}
            report.columns |= untold
        newest[report.run_id] = report
    # All writers take the rows in one order, so that none waits for another in a circle.
    runs = [newest[run_id] for run_id in sorted(newest)]
    states = [{"run_id": report.run_id, **state_values(report.state)} for report in every]
    latest = {state["run_id"]: state for state in states}
    told = _ROW.values({"id": run.run_id, **run.columns, **latest[run.run_id]} for run in runs)
    return told | _HISTORY.values(states)


_KEYS = GivenRows("wanted", {"flow_run_id": Uuid(), "task_key": Text(), "dynamic_key": Text()})
_KEPT_UNDER = prepare(
    select(task_run.c.id, *(task_run.c[name] for name in _KEYS.c)).select_from(
        _KEYS.source.join(task_run, and_(*(task_run.c[name] == given for name, given in _KEYS.c.items())))
    )
)


async def ids_by_key(tx: Executor, keys: Sequence[tuple[UUID, str, str]]) -> dict[tuple[UUID, str, str], UUID]:
    """The ids of the runs with these flow runs, task keys and dynamic keys."""
    rows = await tx.rows(_KEPT_UNDER, **_KEYS.values(dict(zip(_KEYS.c, key, strict=True)) for key in keys))
    return {(row["flow_run_id"], row["task_key"], row["dynamic_key"]): row["id"] for row in rows}

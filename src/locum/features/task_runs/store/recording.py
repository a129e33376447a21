"""Keeps what events tell of task runs: one upsert of rows and one insert of states, for any number of reports."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Float, Integer, Text, Uuid, and_, bindparam, func, or_, select, tuple_
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import ARRAY, insert

from locum.features.task_runs.reports import RANKS, Report
from locum.infra.db import Executor, prepare
from locum.tables.base import Instant
from locum.tables.task_runs import task_run, task_run_state

_RANKS: ColumnElement[Any] = sql(f"'{{{','.join(RANKS)}}}'::text[]", ARRAY(Text))

_STATE = {
    "state_id": Uuid(),
    "state_type": Text(),
    "state_name": Text(),
    "state_timestamp": Instant,
}
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
}
_AS_TEXT = {
    "state": "json",
    "tags": "jsonb",
    "labels": "jsonb",
    "empirical_policy": "json",
    "task_inputs": "json",
}
_ROW: Mapping[str, Any] = {"id": Uuid(), **_STATE, **_TOLD, **dict.fromkeys(_AS_TEXT, Text())}
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
_HISTORY: Mapping[str, Any] = {
    "id": Uuid(),
    "task_run_id": Uuid(),
    "type": Text(),
    "name": Text(),
    "timestamp": Instant,
    "message": Text(),
    "state_details": Text(),
    "data": Text(),
}


def recording() -> Sequence[CTE]:
    """The recording of reports as CTEs, for a statement that also keeps the events; `values` gives its parameters."""
    return _runs(), _states()


def _given(prefix: str, columns: Mapping[str, Any]) -> Any:
    arrays = [bindparam(f"{prefix}_{name}", type_=ARRAY(kind)) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*columns, name=prefix).render_derived(name=prefix)


def _runs() -> CTE:
    given = _given("told", _ROW)
    typed: list[Any] = [sql(f"told.{name}::{_AS_TEXT[name]}") if name in _AS_TEXT else given.c[name] for name in _ROW]
    statement = insert(task_run).from_select(list(_ROW), select(*typed))
    told = statement.excluded
    changes: dict[str, Any] = {
        name: func.coalesce(told[name], task_run.c[name]) if name in _KEPT_WHERE_UNTOLD else told[name]
        for name in _ROW
        if name != "id"
    }
    newer = or_(
        task_run.c.state_timestamp.is_(None),
        task_run.c.state_timestamp < told.state_timestamp,
        and_(
            task_run.c.state_timestamp == told.state_timestamp,
            tuple_(_rank(task_run.c.state_type), task_run.c.state_id) < tuple_(_rank(told.state_type), told.state_id),
        ),
    )
    upsert = statement.on_conflict_do_update(
        index_elements=["id"], set_={**changes, "updated": func.now()}, where=newer
    )
    return upsert.returning(task_run.c.id).cte("recorded_runs")


def _rank(kind: Any) -> ColumnElement[int]:
    return func.array_position(_RANKS, kind)


def _states() -> CTE:
    given = _given("history", _HISTORY)
    typed: list[Any] = [
        sql(f"history.{name}::json") if name in {"state_details", "data"} else given.c[name] for name in _HISTORY
    ]
    statement = insert(task_run_state).from_select(list(_HISTORY), select(*typed))
    return statement.on_conflict_do_nothing(index_elements=["id"]).returning(task_run_state.c.id).cte("recorded_states")


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
    states = [report.state for report in every]
    told = {f"told_{name}": [run.columns[name] for run in runs] for name in _TOLD}
    told |= {f"told_{name}": [run.columns[name] for run in runs] for name in _AS_TEXT if name != "state"}
    return told | {
        "told_id": [run.run_id for run in runs],
        "told_state_id": [run.state.id for run in runs],
        "told_state_type": [run.state.type.value for run in runs],
        "told_state_name": [run.state.name for run in runs],
        "told_state_timestamp": [run.state.timestamp for run in runs],
        "told_state": [run.state.but(data=run.state.kept_data).model_dump_json() for run in runs],
        "history_id": [state.id for state in states],
        "history_task_run_id": [report.run_id for report in every],
        "history_type": [state.type.value for state in states],
        "history_name": [state.name for state in states],
        "history_timestamp": [state.timestamp for state in states],
        "history_message": [state.message for state in states],
        "history_state_details": [state.details_json() for state in states],
        "history_data": [state.data_json() for state in states],
    }


def _kept_under() -> Any:
    columns = {"flow_run_id": Uuid(), "task_key": Text(), "dynamic_key": Text()}
    given = _given("wanted", columns)
    keys = [task_run.c[name] == given.c[name] for name in columns]
    found = select(task_run.c.id, *(task_run.c[name] for name in columns))
    return found.select_from(given.join(task_run, and_(*keys)))


_KEPT_UNDER = prepare(_kept_under())


async def ids_by_key(tx: Executor, keys: Sequence[tuple[UUID, str, str]]) -> dict[tuple[UUID, str, str], UUID]:
    """The ids of the runs with these flow runs, task keys and dynamic keys."""
    rows = await tx.rows(
        _KEPT_UNDER,
        wanted_flow_run_id=[key[0] for key in keys],
        wanted_task_key=[key[1] for key in keys],
        wanted_dynamic_key=[key[2] for key in keys],
    )
    return {(row["flow_run_id"], row["task_key"], row["dynamic_key"]): row["id"] for row in rows}

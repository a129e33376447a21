"""How the state of a run is written and read: whole on the run's row, apart in the history; for runs of both kinds."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CTE, JSON, Column, ColumnElement, Float, Integer, Select, Table, Text, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from locum.domain.orchestration import RunFacts
from locum.domain.states import State
from locum.infra.db import dump_json, json_list, json_object, select_page
from locum.tables.base import Instant

STATE_PARAMETERS: Mapping[str, Any] = {
    "state_id": Uuid(),
    "state_type": Text(),
    "state_name": Text(),
    "state_timestamp": Instant,
    "state": JSON(),
}
"""What a run's row holds of its state."""

HISTORY_PARAMETERS: Mapping[str, Any] = {
    **{name: kind for name, kind in STATE_PARAMETERS.items() if name != "state"},
    "history_message": Text(),
    "history_details": JSON(),
    "history_data": JSON(),
}
"""What the history holds of it."""

FACT_PARAMETERS: Mapping[str, Any] = {
    "run_count": Integer(),
    "total_run_time": Float(53),
    "start_time": Instant,
    "end_time": Instant,
    "expected_start_time": Instant,
    "next_scheduled_start_time": Instant,
}
"""What is booked on the row of every run with each state."""

_BOUND: Mapping[str, ColumnElement[Any]] = {
    name: bindparam(name, type_=kind) for name, kind in HISTORY_PARAMETERS.items()
}
_HISTORY_COLUMNS = {
    "id": "state_id",
    "type": "state_type",
    "name": "state_name",
    "timestamp": "state_timestamp",
    "message": "history_message",
    "state_details": "history_details",
    "data": "history_data",
}


def state_values(state: State) -> dict[str, Any]:
    """The parameters that carry a state, for the run's row and for the history."""
    details, data = state.details_json(), state.data_json()
    return {
        "state_id": state.id,
        "state_type": state.type.value,
        "state_name": state.name,
        "state_timestamp": state.timestamp,
        "state": _on_the_run(state, details, data),
        "history_message": state.message,
        "history_details": details,
        "history_data": data,
    }


def fact_values(facts: RunFacts, parameters: Mapping[str, Any] = FACT_PARAMETERS) -> dict[str, Any]:
    """The parameters that carry what is booked on a run."""
    return {name: getattr(facts, name) for name in parameters}


def _on_the_run(state: State, details: str, data: str | None) -> str:
    """The state as its run's row holds it and answers with it: details and data are written once only."""
    head = dump_json({"id": state.id, "type": state.type, "name": state.name, "timestamp": state.timestamp})
    message = dump_json(state.message)
    return f'{head[:-1]},"message":{message},"data":{data or "null"},"state_details":{details}}}'


def history_insertion(
    owner: Column[Any],
    run_id: ColumnElement[Any],
    *conditions: ColumnElement[bool],
    values: Mapping[str, ColumnElement[Any]] = _BOUND,
    name: str = "history",
    again: bool = False,
) -> CTE:
    """The inserting of a state into the history of each run; `owner` is the history's column of the run's id.

    The state comes by the parameters of `state_values`, or from `values` of the same names. With `again`, states that
    are there already are left alone.
    """
    history = owner.table
    rows = select(run_id, *(values[parameter] for parameter in _HISTORY_COLUMNS.values())).where(*conditions)
    statement = insert(history).from_select([owner.name, *_HISTORY_COLUMNS], rows)
    if again:
        statement = statement.on_conflict_do_nothing(index_elements=["id"])
    return statement.returning(history.c.id).cte(name)


def state_by_id(history: Table) -> Select[str]:
    """One state of a history as JSON text, by `state_id`."""
    return select(_projection(history)).select_from(history).where(history.c.id == bindparam("state_id", type_=Uuid))


def states_of_run(owner: Column[Any]) -> Select[bytes]:
    """All states of a run as a JSON array, in order, by `run_id`; `owner` is the history's column of the run's id."""
    history = owner.table
    page = select_page(history).where(owner == bindparam("run_id", type_=Uuid))
    return json_list(_projection(history), page.order_by(history.c.timestamp, history.c.id), history)


def _projection(history: Table) -> ColumnElement[str]:
    """A state of the history as it is answered."""
    shown = ("id", "type", "name", "timestamp", "message", "data", "state_details")
    return json_object(history, {name: history.c[name] for name in shown})

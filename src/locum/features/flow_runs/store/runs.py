"""Making, reading, changing and deleting single flow runs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Text, Uuid, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from locum.features.events.emit import insertion
from locum.features.flow_runs.store.projection import PROJECTION
from locum.infra.db import Executor, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run, flow_run_state
from locum.tables.run_states import FACT_PARAMETERS, STATE_PARAMETERS, history_insertion

_GIVEN = {
    "run_id": Uuid(),
    "name": Text(),
    "flow_id": Uuid(),
    "deployment_id": Uuid(),
    "deployment_version": Text(),
    "work_queue_id": Uuid(),
    "work_queue_name": Text(),
    "flow_version": Text(),
    "parameters": JSON(),
    "idempotency_key": Text(),
    "context": JSON(),
    "empirical_policy": JSON(),
    "tags": JSONB(),
    "labels": JSONB(),
    "parent_task_run_id": Uuid(),
    "auto_scheduled": Boolean(),
    "infrastructure_document_id": Uuid(),
    "infrastructure_pid": Text(),
    "job_variables": JSON(),
    "created_by": JSON(),
    "created": Instant,
}
_DEFAULTS: Mapping[str, Any] = dict.fromkeys(_GIVEN) | {
    "parameters": "{}",
    "context": "{}",
    "tags": "[]",
    "auto_scheduled": False,
    "job_variables": "{}",
}


def _insert() -> Any:
    columns = {**_GIVEN, **STATE_PARAMETERS, **FACT_PARAMETERS}
    values = {
        name.replace("run_id", "id", 1) if name == "run_id" else name: bindparam(name, type_=kind)
        for name, kind in columns.items()
    }
    made = (
        insert(flow_run)
        .values(**values, updated=bindparam("created", type_=Instant))
        .on_conflict_do_nothing(index_elements=["flow_id", "idempotency_key"])
        .returning(flow_run.c.id, PROJECTION.label("json"))
        .cte("made")
    )
    history = history_insertion(flow_run_state.c.flow_run_id, made.c.id)
    return select(made.c.json).add_cte(history, insertion(only_if=made))


_INSERT = prepare(_insert())
_BY_KEY = prepare(
    select(PROJECTION)
    .select_from(flow_run)
    .where(flow_run.c.flow_id == bindparam("flow_id"), flow_run.c.idempotency_key == bindparam("idempotency_key"))
)
_BY_ID = prepare(select(PROJECTION).select_from(flow_run).where(flow_run.c.id == bindparam("run_id")))
_DELETE = prepare(
    delete(flow_run).where(flow_run.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).returning(flow_run.c.id)
)
_CHANGEABLE = {
    "name": Text(),
    "flow_version": Text(),
    "parameters": JSON(),
    "empirical_policy": JSON(),
    "tags": JSONB(),
    "infrastructure_pid": Text(),
    "job_variables": JSON(),
}
_ADD_LABELS = prepare(
    update(flow_run)
    .where(flow_run.c.id == bindparam("run_id", type_=Uuid))
    .values(
        labels=func.coalesce(flow_run.c.labels, bindparam("none", "{}", type_=JSONB)).op("||")(
            bindparam("new_labels", type_=JSONB)
        ),
        updated=func.now(),
    )
)


async def insert_new(tx: Executor, given: Mapping[str, Any]) -> str | None:
    """Insert a run in its first state, with history and announcement: its JSON text.

    `given` holds the run's columns (JSON ones as text, the id as `run_id`) and the parameters of
    `state_values`, `fact_values` and `emit.insertion_parameters`. None where a run with its idempotency key exists.
    """
    return await tx.value(_INSERT, **{**_DEFAULTS, **given})


async def get(tx: Executor, run_id: UUID) -> str | None:
    """One run as JSON text."""
    return await tx.value(_BY_ID, run_id=run_id)


async def get_by_key(tx: Executor, flow_id: UUID, idempotency_key: str) -> str | None:
    """The run of that flow and idempotency key as JSON text."""
    return await tx.value(_BY_KEY, flow_id=flow_id, idempotency_key=idempotency_key)


async def change(tx: Executor, run_id: UUID, values: Mapping[str, Any]) -> bool:
    """Set some columns (JSON ones as text); whether there is such a run."""
    typed = {name: bindparam(f"new_{name}", value, type_=_CHANGEABLE[name]) for name, value in values.items()}
    statement = update(flow_run).where(flow_run.c.id == run_id).values(**typed, updated=func.now())
    return bool(await tx.run(statement))


async def add_labels(tx: Executor, run_id: UUID, labels: str) -> bool:
    """Merge labels (JSON text) into the run's own; whether there is such a run."""
    return bool(await tx.run(_ADD_LABELS, run_id=run_id, new_labels=labels))


async def delete_many(tx: Executor, ids: list[UUID]) -> list[UUID]:
    """Delete runs with all that hangs on them; the ids of those that existed."""
    return [row["id"] for row in await tx.rows(_DELETE, ids=ids)]

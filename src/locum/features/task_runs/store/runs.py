"""Making, reading, changing and deleting task runs."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from locum.features.task_runs.store.histories import RunCounts
from locum.features.task_runs.store.projection import PROJECTION
from locum.features.task_runs.store.transitions import TASK_RUN_FACTS
from locum.features.task_workers.store import offers
from locum.infra.db import Executor, prepare
from locum.tables.base import Instant
from locum.tables.flow_runs import flow_run
from locum.tables.run_states import STATE_PARAMETERS, history_insertion
from locum.tables.task_runs import task_run, task_run_state

HISTORY = RunCounts(task_run)

_GIVEN = {
    "name": Text(),
    "flow_run_id": Uuid(),
    "task_key": Text(),
    "dynamic_key": Text(),
    "cache_key": Text(),
    "cache_expiration": Instant,
    "task_version": Text(),
    "empirical_policy": JSON(),
    "tags": JSONB(),
    "task_inputs": JSON(),
    "created": Instant,
}
_KEY = ("flow_run_id", "task_key", "dynamic_key")


def _flow_run_is_there() -> ColumnElement[bool]:
    given = bindparam("flow_run_id", type_=Uuid)
    return or_(given.is_(None), exists(select(1).select_from(flow_run).where(flow_run.c.id == given)))


def _insert(*, offered: bool = False) -> Any:
    columns = {"id": Uuid(), **_GIVEN, **STATE_PARAMETERS, **TASK_RUN_FACTS}
    values = [bindparam("run_id" if name == "id" else name, type_=kind) for name, kind in columns.items()]
    of_flow_run = (
        select(flow_run.c.labels).where(flow_run.c.id == bindparam("flow_run_id", type_=Uuid)).scalar_subquery()
    )
    labels = func.coalesce(of_flow_run, literal_column("'{}'::jsonb", JSONB)).op("||")(
        bindparam("own_labels", type_=JSONB)
    )
    same_key = [task_run.c[name].is_not_distinct_from(bindparam(name, type_=_GIVEN[name])) for name in _KEY]
    rows = select(*values, bindparam("created", type_=Instant).label("updated"), labels).where(
        ~exists(select(1).select_from(task_run).where(*same_key)), _flow_run_is_there()
    )
    made = (
        insert(task_run)
        .from_select([*columns, "updated", "labels"], rows)
        .on_conflict_do_nothing(index_elements=list(_KEY))
        .returning(task_run.c.id, task_run.c.task_key, PROJECTION.label("json"))
        .cte("made")
    )
    inserted = select(made.c.json).add_cte(history_insertion(task_run_state.c.task_run_id, made.c.id))
    return inserted.add_cte(offers.insertion(made)) if offered else inserted


_INSERT, _INSERT_OFFERED = prepare(_insert()), prepare(_insert(offered=True))
_BY_KEY = prepare(
    select(PROJECTION)
    .select_from(task_run)
    .where(*(task_run.c[name].is_not_distinct_from(bindparam(name, type_=_GIVEN[name])) for name in _KEY))
    .limit(1)
)
_HAS_FLOW_RUN = prepare(select(_flow_run_is_there()))
_SCHEDULED = prepare(
    select(task_run.c.id, PROJECTION.label("json")).where(
        task_run.c.id == any_(bindparam("run_ids", type_=ARRAY(Uuid))), task_run.c.state_type == "SCHEDULED"
    )
)
_BY_ID = prepare(select(PROJECTION).select_from(task_run).where(task_run.c.id == bindparam("run_id", type_=Uuid)))
_RENAME = prepare(
    update(task_run)
    .where(task_run.c.id == bindparam("run_id", type_=Uuid))
    .values(name=func.coalesce(bindparam("new_name", type_=Text), task_run.c.name), updated=func.now())
)
_DELETE = prepare(delete(task_run).where(task_run.c.id == bindparam("run_id", type_=Uuid)))


async def insert_new(tx: Executor, given: Mapping[str, Any], *, offered: bool = False) -> str | None:
    """Insert a run in its first state, with history: its JSON text.

    None where one with its keys exists, or where its flow run does not.

    If `offered`, it is put on offer for task workers by the same statement.

    `given` holds the columns (JSON ones as text, the id as `run_id`), the run's own labels as `own_labels`, to which
    those of the flow run are added, and the parameters of `state_values` and `fact_values`.
    """
    return await tx.value(_INSERT_OFFERED if offered else _INSERT, **given)


async def get_by_key(tx: Executor, flow_run_id: UUID | None, task_key: str, dynamic_key: str) -> str | None:
    """The run with these keys as JSON text."""
    return await tx.value(_BY_KEY, flow_run_id=flow_run_id, task_key=task_key, dynamic_key=dynamic_key)


async def has_flow_run(tx: Executor, flow_run_id: UUID | None) -> bool:
    """Whether a task run may be in this flow run: there is one, or none is asked for."""
    return bool(await tx.value(_HAS_FLOW_RUN, flow_run_id=flow_run_id))


async def get(tx: Executor, run_id: UUID) -> str | None:
    """One run as JSON text."""
    return await tx.value(_BY_ID, run_id=run_id)


async def scheduled(tx: Executor, run_ids: Collection[UUID]) -> dict[UUID, str]:
    """Those of the runs that are scheduled, as JSON text."""
    return {row["id"]: row["json"] for row in await tx.rows(_SCHEDULED, run_ids=list(run_ids))}


async def rename(tx: Executor, run_id: UUID, name: str | None) -> bool:
    """Give the run a name, if one is given; whether there is such a run."""
    return bool(await tx.run(_RENAME, run_id=run_id, new_name=name))


async def delete_one(tx: Executor, run_id: UUID) -> bool:
    """Delete a run, and with it (by trigger) its history; whether there was one."""
    return bool(await tx.run(_DELETE, run_id=run_id))

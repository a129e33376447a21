"""Making, replacing, changing and deleting deployments: each one statement, with schedules, runs and announcement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    JSON,
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from locum.features.deployments.store.projection import PROJECTION, SCHEDULE
from locum.features.events.emit import Announcement, insertion, insertion_parameters
from locum.features.flow_runs.store import scheduled
from locum.infra.db import Executor, GivenRows, Prepared, prepare
from locum.tables.base import Instant
from locum.tables.deployments import deployment, deployment_schedule
from locum.tables.flows import flow

COLUMNS = {
    "id": Uuid(),
    "name": Text(),
    "flow_id": Uuid(),
    "version": Text(),
    "description": Text(),
    "work_queue_id": Uuid(),
    "work_queue_name": Text(),
    "job_variables": JSON(),
    "path": Text(),
    "entrypoint": Text(),
    "paused": Boolean(),
    "concurrency_limit_id": Uuid(),
    "concurrency_options": JSON(),
    "parameters": JSON(),
    "pull_steps": JSON(),
    "parameter_openapi_schema": JSON(),
    "enforce_parameter_schema": Boolean(),
    "infrastructure_document_id": Uuid(),
    "storage_document_id": Uuid(),
    "tags": JSONB(),
    "labels": JSONB(),
}
"""What may be written, and how; JSON comes as text."""


class NewSchedule(NamedTuple):
    """A schedule to be stored; JSON as text."""

    id: UUID
    schedule: str
    active: bool
    max_scheduled_runs: int | None
    parameters: str
    slug: str | None


_ID = bindparam("deployment_id", type_=Uuid)
_NOW = bindparam("now", type_=Instant)


_SCHEDULES = GivenRows(
    "made",
    {
        "id": Uuid(),
        "schedule": JSON(),
        "active": Boolean(),
        "max_scheduled_runs": Integer(),
        "parameters": JSON(),
        "slug": Text(),
    },
)


def schedules_made(*conditions: ColumnElement[bool]) -> CTE:
    """The inserting of schedules, with their `json`; parameters: `schedule_values`, `deployment_id` and `now`."""
    values = {"created": _NOW, "updated": _NOW, "deployment_id": _ID, **_SCHEDULES.c}
    given = select(*values.values()).where(*conditions)
    return (
        insert(deployment_schedule)
        .from_select(list(values), given)
        .returning(deployment_schedule.c.id, SCHEDULE.label("json"))
        .cte("schedules_made")
    )


def schedule_values(schedules: Sequence[NewSchedule]) -> dict[str, Any]:
    """The parameters that carry schedules."""
    return _SCHEDULES.values(one._asdict() for one in schedules)


def _given(names: Sequence[str]) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}", type_=COLUMNS[name]) for name in names}


@lru_cache(maxsize=200)
def _insertion(names: tuple[str, ...], with_schedules: bool) -> Prepared:
    made = (
        insert(deployment)
        .values(**_given(names), created=_NOW, updated=_NOW, horizon=_NOW if with_schedules else null())
        .on_conflict_do_nothing(index_elements=["flow_id", "name"])
        .returning(deployment.c.id)
        .cte("written")
    )
    statement = select(made.c.id).add_cte(insertion(only_if=made))
    if with_schedules:
        statement = statement.add_cte(schedules_made(select(made.c.id).exists()))
    return prepare(statement)


@lru_cache(maxsize=500)
def _replacement(names: tuple[str, ...], drops_schedules: bool, with_schedules: bool) -> Prepared:
    written = (
        update(deployment)
        .where(deployment.c.id == _ID)
        .values(**_given(names), updated=_NOW, horizon=_NOW)
        .returning(deployment.c.id)
        .cte("written")
    )
    # what is due by the server's clock stays: it is about to be taken up, or late
    dropped = scheduled.deletion(_ID, after=_NOW)
    statement = select(written.c.id).add_cte(insertion(only_if=written), dropped)
    if drops_schedules:
        gone = (
            delete(deployment_schedule)
            .where(deployment_schedule.c.deployment_id == _ID)
            .returning(deployment_schedule.c.id)
            .cte("schedules_gone")
        )
        statement = statement.add_cte(gone)
        if with_schedules:
            # counted so that the old ones are gone, and their slugs free, before the new ones come
            counted = select(func.count()).select_from(gone).scalar_subquery()
            statement = statement.add_cte(schedules_made(counted >= literal_column("0")))
    return prepare(statement)


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


async def insert_new(
    tx: Executor,
    values: Mapping[str, Any],
    schedules: Sequence[NewSchedule],
    announcement: Announcement,
    now: datetime,
) -> bool:
    """Insert a deployment with its schedules; False where one of that name has come into being meanwhile."""
    statement = _insertion(tuple(sorted(values)), bool(schedules))
    more = {"deployment_id": values["id"], **schedule_values(schedules)} if schedules else {}
    made = await tx.value(statement, **_values(values), **more, **insertion_parameters([announcement]), now=now)
    return made is not None


async def replace(
    tx: Executor,
    deployment_id: UUID,
    values: Mapping[str, Any],
    schedules: Sequence[NewSchedule] | None,
    announcement: Announcement | None,
    now: datetime,
) -> None:
    """Change a deployment that is held: its runs planned for later go, and its schedules where others are given."""
    statement = _replacement(tuple(sorted(values)), schedules is not None, bool(schedules))
    more = schedule_values(schedules) if schedules else {}
    announced = insertion_parameters([announcement] if announcement else [])
    await tx.run(statement, **_values(values), **more, **announced, deployment_id=deployment_id, now=now)


_BY_ID = prepare(select(PROJECTION).select_from(deployment).where(deployment.c.id == _ID))
_BY_NAMES = prepare(
    select(PROJECTION)
    .select_from(deployment)
    .where(
        deployment.c.name == bindparam("name", type_=Text),
        deployment.c.flow_id
        == select(flow.c.id).where(flow.c.name == bindparam("flow_name", type_=Text)).scalar_subquery(),
    )
)


async def get(tx: Executor, deployment_id: UUID) -> str | None:
    """One deployment as JSON text."""
    return await tx.value(_BY_ID, deployment_id=deployment_id)


async def get_by_names(tx: Executor, flow_name: str, name: str) -> str | None:
    """The deployment of that name under the flow of that name, as JSON text."""
    return await tx.value(_BY_NAMES, flow_name=flow_name, name=name)


_PAUSE = prepare(
    update(deployment)
    .where(deployment.c.id == _ID)
    .values(paused=bindparam("paused", type_=Boolean), updated=_NOW, horizon=_NOW)
)
_DROP_PLANNED = prepare(select(func.count()).select_from(scheduled.deletion(_ID)))


async def set_paused(tx: Executor, deployment_id: UUID, paused: bool, now: datetime) -> bool:
    """Pause or resume a deployment, which is held from here on; whether it exists."""
    return bool(await tx.run(_PAUSE, deployment_id=deployment_id, paused=paused, now=now))


async def drop_planned(tx: Executor, deployment_id: UUID) -> None:
    """Delete the runs that schedules gave to a deployment that is held."""
    await tx.run(_DROP_PLANNED, deployment_id=deployment_id)


def _deletion() -> Prepared:
    ids = bindparam("ids", type_=ARRAY(Uuid))
    gone = delete(deployment).where(deployment.c.id == any_(ids)).returning(deployment.c.id).cte("gone")
    dropped = scheduled.deletion(func.any(ids), planned_only=False)
    return prepare(select(func.count()).select_from(gone).add_cte(dropped, insertion()))


async def delete_many(tx: Executor, ids: Sequence[UUID], announcements: Sequence[Announcement]) -> None:
    """Delete deployments with their schedules and their runs that have not begun."""
    await tx.run(_DELETION, ids=list(ids), **insertion_parameters(announcements))


_DELETION = _deletion()

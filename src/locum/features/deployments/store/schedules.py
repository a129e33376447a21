"""Single schedules, and what the scheduler asks for and notes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
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
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from locum.features.deployments.store.projection import LATEST_FIRST, SCHEDULE
from locum.features.deployments.store.writing import NewSchedule, schedule_values, schedules_made
from locum.features.flow_runs.store import scheduled
from locum.infra.db import Executor, Prepared, Row, json_array_of, prepare
from locum.tables.base import Instant
from locum.tables.deployments import deployment, deployment_schedule

_DEPLOYMENT = bindparam("deployment_id", type_=Uuid)
_SCHEDULE = bindparam("schedule_id", type_=Uuid)
_NOW = bindparam("now", type_=Instant)
_CHANGEABLE = {
    "active": Boolean(),
    "schedule": JSON(),
    "max_scheduled_runs": Integer(),
    "parameters": JSON(),
    "slug": Text(),
}

_OF_DEPLOYMENT = prepare(
    select(
        json_array_of(
            SCHEDULE, deployment_schedule, deployment_schedule.c.deployment_id == deployment.c.id, *LATEST_FIRST
        )
    ).where(deployment.c.id == _DEPLOYMENT)
)
_TOUCH = prepare(update(deployment).where(deployment.c.id == _DEPLOYMENT).values(horizon=_NOW))


def _insertion() -> Prepared:
    made = schedules_made()
    listed = func.string_agg(made.c.json, aggregate_order_by(literal_column("','", Text), made.c.id), type_=Text())
    text = literal_column("'['", Text).concat(func.coalesce(listed, literal_column("''"))).concat(literal_column("']'"))
    return prepare(select(text).select_from(made))


_INSERT = _insertion()


@lru_cache(maxsize=100)
def _change(names: tuple[str, ...]) -> Prepared:
    given = {name: bindparam(f"new_{name}", type_=_CHANGEABLE[name]) for name in names}
    changed = (
        update(deployment_schedule)
        .where(deployment_schedule.c.id == _SCHEDULE, deployment_schedule.c.deployment_id == _DEPLOYMENT)
        .values(**given, updated=_NOW)
        .returning(deployment_schedule.c.deployment_id)
        .cte("changed")
    )
    whose = select(changed.c.deployment_id).scalar_subquery()
    return prepare(select(changed.c.deployment_id).add_cte(scheduled.deletion(whose, after=_NOW)))


def _removal() -> Prepared:
    gone = (
        delete(deployment_schedule)
        .where(deployment_schedule.c.id == _SCHEDULE, deployment_schedule.c.deployment_id == _DEPLOYMENT)
        .returning(deployment_schedule.c.deployment_id)
        .cte("gone")
    )
    whose = select(gone.c.deployment_id).scalar_subquery()
    return prepare(select(gone.c.deployment_id).add_cte(scheduled.deletion(whose)))


_REMOVE = _removal()
_FREE_SLUGS = prepare(
    update(deployment_schedule)
    .where(deployment_schedule.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .values(slug=null())
)


async def of_deployment(tx: Executor, deployment_id: UUID) -> str | None:
    """A deployment's schedules as a JSON array, the latest changed first; None where there is no such deployment."""
    return await tx.value(_OF_DEPLOYMENT, deployment_id=deployment_id)


async def touch(tx: Executor, deployment_id: UUID, now: datetime) -> bool:
    """Hold a deployment and have its schedules looked at; whether it exists."""
    return bool(await tx.run(_TOUCH, deployment_id=deployment_id, now=now))


async def insert_many(tx: Executor, deployment_id: UUID, schedules: Sequence[NewSchedule], now: datetime) -> str:
    """Insert schedules of a deployment that is held; they as a JSON array."""
    made: str = await tx.value(_INSERT, deployment_id=deployment_id, **schedule_values(schedules), now=now)
    return made


async def change(
    tx: Executor, deployment_id: UUID, schedule_id: UUID, values: Mapping[str, Any], now: datetime
) -> bool:
    """Set some columns (JSON ones as text) of a schedule whose deployment is held; runs planned for later go.

    Whether there is such a schedule.
    """
    given = {f"new_{name}": value for name, value in values.items()}
    statement = _change(tuple(sorted(values)))
    return await tx.value(statement, deployment_id=deployment_id, schedule_id=schedule_id, **given, now=now) is not None


async def free_slugs(tx: Executor, ids: Sequence[UUID]) -> None:
    """Take the slugs off schedules that are about to get others."""
    await tx.run(_FREE_SLUGS, ids=list(ids))


async def remove(tx: Executor, deployment_id: UUID, schedule_id: UUID) -> bool:
    """Delete a schedule whose deployment is held, and all runs planned for it; whether there was one."""
    return await tx.value(_REMOVE, deployment_id=deployment_id, schedule_id=schedule_id) is not None


_HORIZON_PASSED = (deployment.c.horizon <= _NOW, deployment.c.paused.is_(False))
_ANY_DUE = prepare(
    select(select(literal_column("1", Integer)).select_from(deployment).where(*_HORIZON_PASSED).exists())
)
_CLAIM = prepare(
    select(deployment.c.id, deployment.c.horizon)
    .where(*_HORIZON_PASSED)
    .order_by(deployment.c.horizon, deployment.c.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_LOCK = prepare(select(deployment.c.id).where(deployment.c.id == _DEPLOYMENT).with_for_update())
_ACTIVE = prepare(
    select(
        deployment_schedule.c.id,
        deployment_schedule.c.deployment_id,
        deployment_schedule.c.schedule,
        deployment_schedule.c.parameters,
        deployment_schedule.c.slug,
        deployment.c.flow_id,
        deployment.c.tags,
        deployment.c.labels,
        deployment.c.parameters.label("deployment_parameters"),
    )
    .select_from(deployment_schedule.join(deployment, deployment.c.id == deployment_schedule.c.deployment_id))
    .where(
        deployment_schedule.c.deployment_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        deployment_schedule.c.active,
    )
    .order_by(deployment_schedule.c.deployment_id, *LATEST_FIRST)
)
_HORIZONS = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("horizons", type_=ARRAY(Instant)))
    .table_valued("id", "horizon", name="given")
    .render_derived(name="given")
)
_SET_HORIZONS = prepare(update(deployment).where(deployment.c.id == _HORIZONS.c.id).values(horizon=_HORIZONS.c.horizon))


async def any_due(tx: Executor, now: datetime) -> bool:
    """Whether any deployment's schedules must be looked at."""
    return bool(await tx.value(_ANY_DUE, now=now))


async def claim(tx: Executor, now: datetime, limit: int) -> list[Row]:
    """Deployments whose schedules must be looked at (id, horizon), held; those that others hold are passed over."""
    return await tx.rows(_CLAIM, now=now, limit=limit)


async def hold(tx: Executor, deployment_id: UUID) -> bool:
    """Hold a deployment; whether it exists."""
    return await tx.value(_LOCK, deployment_id=deployment_id) is not None


async def active(tx: Executor, ids: Sequence[UUID]) -> list[Row]:
    """The active schedules of deployments that are held, with what their runs take from the deployment.

    A statement of its own, so that it sees what those had written who held the deployments before.
    """
    return await tx.rows(_ACTIVE, ids=list(ids))


async def set_horizons(tx: Executor, horizons: Mapping[UUID, datetime | None]) -> None:
    """Note when the schedules of deployments that are held must be looked at next."""
    await tx.run(_SET_HORIZONS, ids=list(horizons), horizons=list(horizons.values()))

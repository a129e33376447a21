"""Whether somebody asks for a deployment's runs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from locum.features.events.emit import Announcement, insertion, insertion_parameters
from locum.infra.db import Executor, prepare
from locum.tables.base import Instant
from locum.tables.deployments import deployment

_IDS = bindparam("ids", type_=ARRAY(Uuid))
_NOW = bindparam("now", type_=Instant)
_SINCE = bindparam("since", type_=Instant)

_STALE = prepare(
    select(deployment.c.id)
    .where(
        deployment.c.id == any_(_IDS),
        (deployment.c.status != literal_column("'READY'"))
        | deployment.c.last_polled.is_(None)
        | (deployment.c.last_polled < _SINCE),
    )
    .order_by(deployment.c.id)
)
_SET_READY = prepare(
    update(deployment)
    .where(deployment.c.id == any_(_IDS))
    .values(status="READY", last_polled=_NOW)
    .add_cte(insertion())
)
_SET_NOT_READY = prepare(
    update(deployment).where(deployment.c.id == any_(_IDS)).values(status="NOT_READY").add_cte(insertion())
)


async def stale(tx: Executor, ids: Sequence[UUID], since: datetime) -> list[UUID]:
    """Those of the deployments that are not ready, or were last polled before `since`."""
    return [row["id"] for row in await tx.rows(_STALE, ids=list(ids), since=since)]


async def set_ready(tx: Executor, ids: Sequence[UUID], polled: datetime, announcements: Sequence[Announcement]) -> None:
    """Make deployments that are held ready, as of a poll, and announce it."""
    await tx.run(_SET_READY, ids=list(ids), now=polled, **insertion_parameters(announcements))


async def set_not_ready(tx: Executor, ids: Sequence[UUID], announcements: Sequence[Announcement]) -> None:
    """Make deployments that are held not ready, and announce it."""
    await tx.run(_SET_NOT_READY, ids=list(ids), **insertion_parameters(announcements))

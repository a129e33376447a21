"""Old work queues that choose runs by filters."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Text, Uuid, and_, bindparam, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from locum.features.work_pools.store.queues import FIELDS
from locum.infra.db import Executor, json_array_of, json_object, prepare
from locum.tables.deployments import deployment
from locum.tables.work_pools import work_queue

_PROJECTION = json_object(work_queue, FIELDS)


def _member(name: str) -> ColumnElement[Any]:
    return work_queue.c.filter.cast(JSONB).op("->", return_type=JSONB())(literal_column(f"'{name}'", Text))


def _says_nothing(member: ColumnElement[Any]) -> ColumnElement[bool]:
    return member.in_([literal_column("'null'::jsonb", JSONB), literal_column("'[]'::jsonb", JSONB)])


_TAGS, _DEPLOYMENTS = _member("tags"), _member("deployment_ids")
_LETS_THROUGH = and_(
    work_queue.c.filter.is_not(None),
    or_(_says_nothing(_TAGS), deployment.c.tags.op("@>", return_type=Boolean())(_TAGS)),
    or_(
        _says_nothing(_DEPLOYMENTS),
        _DEPLOYMENTS.op("@>", return_type=Boolean())(func.to_jsonb(deployment.c.id.cast(Text))),
    ),
)
_QUEUES = prepare(
    select(json_array_of(_PROJECTION, work_queue, _LETS_THROUGH, work_queue.c.created, work_queue.c.id)).where(
        deployment.c.id == bindparam("deployment_id", type_=Uuid)
    )
)


async def queues_for(tx: Executor, deployment_id: UUID) -> str | None:
    """The queues whose filters let a deployment through, as a JSON array; None where there is no such deployment."""
    return await tx.value(_QUEUES, deployment_id=deployment_id)

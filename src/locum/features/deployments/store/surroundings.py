"""What must be known before a deployment is changed: it, held until the end, and all that the change names."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from locum.infra.db import Executor, Row, json_array_of, json_object, prepare
from locum.tables.concurrency import concurrency_limit
from locum.tables.deployments import deployment, deployment_schedule
from locum.tables.flows import flow
from locum.tables.work_pools import work_pool, work_queue

COMPARED = (
    "description",
    "tags",
    "parameters",
    "parameter_openapi_schema",
    "enforce_parameter_schema",
    "entrypoint",
    "path",
    "pull_steps",
    "work_queue_id",
    "job_variables",
    "paused",
    "labels",
    "version",
    "concurrency_limit_id",
    "concurrency_options",
)
"""The columns whose change is announced."""

_KEPT = (
    deployment.c.id,
    deployment.c.name,
    deployment.c.flow_id,
    deployment.c.storage_document_id,
    deployment.c.infrastructure_document_id,
)
_POOL_NAME = bindparam("pool_name", type_=Text)
_QUEUE_NAME = bindparam("queue_name", type_=Text)
_ASKED_LIMIT = bindparam("asked_limit", type_=Uuid)

_SLUG = json_object(
    deployment_schedule,
    {"id": deployment_schedule.c.id, "slug": deployment_schedule.c.slug},
)


def _held(*conditions: ColumnElement[bool]) -> CTE:
    columns = [*_KEPT, *(deployment.c[name] for name in COMPARED)]
    return select(*columns).where(*conditions).with_for_update().cte("held")


def _around(held: CTE) -> tuple[list[ColumnElement[Any]], Any]:
    """Columns of what the deployment has now and of what is asked for, and the joins that bring them."""
    queue, pool = work_queue.alias("queue"), work_pool.alias("pool")
    asked_pool, asked_queue = work_pool.alias("asked_pool"), work_queue.alias("asked_queue")
    asked_limit, limit = concurrency_limit.alias("asked_limit"), concurrency_limit.alias("held_limit")
    schedules = json_array_of(
        _SLUG, deployment_schedule, deployment_schedule.c.deployment_id == held.c.id, deployment_schedule.c.id
    )
    columns: list[ColumnElement[Any]] = [
        flow.c.id.label("flow_id"),
        flow.c.name.label("flow_name"),
        flow.c.labels.label("flow_labels"),
        held.c.id.label("id"),
        held.c.name.label("name"),
        held.c.storage_document_id,
        held.c.infrastructure_document_id,
        *(held.c[name].label(f"was_{name}") for name in COMPARED),
        schedules.label("schedules"),
        limit.c.limit.label("limit"),
        limit.c.name.label("limit_name"),
        queue.c.name.label("queue_name"),
        pool.c.id.label("pool_id"),
        pool.c.name.label("pool_name"),
        pool.c.type.label("pool_type"),
        asked_pool.c.id.label("asked_pool_id"),
        asked_pool.c.name.label("asked_pool_name"),
        asked_pool.c.type.label("asked_pool_type"),
        asked_pool.c.default_queue_id.label("asked_default_queue_id"),
        asked_pool.c.base_job_template.label("asked_template"),
        asked_queue.c.id.label("asked_queue_id"),
        asked_limit.c.id.label("asked_limit_id"),
    ]

    def joined(base: Any) -> Any:
        return (
            base.outerjoin(limit, limit.c.id == held.c.concurrency_limit_id)
            .outerjoin(queue, queue.c.id == held.c.work_queue_id)
            .outerjoin(pool, pool.c.id == queue.c.work_pool_id)
            .outerjoin(asked_pool, asked_pool.c.name == _POOL_NAME)
            .outerjoin(
                asked_queue, and_(asked_queue.c.work_pool_id == asked_pool.c.id, asked_queue.c.name == _QUEUE_NAME)
            )
            .outerjoin(asked_limit, asked_limit.c.id == _ASKED_LIMIT)
        )

    return columns, joined


def _by_name() -> Select[Any]:
    flow_id = bindparam("flow_id", type_=Uuid)
    held = _held(deployment.c.flow_id == flow_id, deployment.c.name == bindparam("name", type_=Text))
    columns, joined = _around(held)
    return select(*columns).select_from(joined(flow.outerjoin(held, true()))).where(flow.c.id == flow_id)


def _by_id() -> Select[Any]:
    held = _held(deployment.c.id == bindparam("deployment_id", type_=Uuid))
    columns, joined = _around(held)
    return select(*columns).select_from(joined(held.join(flow, flow.c.id == held.c.flow_id)))


_BY_NAME = prepare(_by_name())
_BY_ID = prepare(_by_id())

_DEPARTING = (
    deployment.c.id,
    deployment.c.name,
    deployment.c.flow_id,
    deployment.c.storage_document_id,
    deployment.c.infrastructure_document_id,
    deployment.c.concurrency_limit_id,
    deployment.c.work_queue_id,
    deployment.c.status,
    flow.c.name.label("flow_name"),
    work_queue.c.name.label("queue_name"),
    work_pool.c.id.label("pool_id"),
    work_pool.c.name.label("pool_name"),
    work_pool.c.type.label("pool_type"),
    concurrency_limit.c.name.label("limit_name"),
)
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_ANNOUNCED = (
    select(*_DEPARTING)
    .select_from(
        deployment.join(flow, flow.c.id == deployment.c.flow_id)
        .outerjoin(work_queue, work_queue.c.id == deployment.c.work_queue_id)
        .outerjoin(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
        .outerjoin(concurrency_limit, concurrency_limit.c.id == deployment.c.concurrency_limit_id)
    )
    .order_by(deployment.c.id)
    .with_for_update(of=deployment)
)
_LOCK = prepare(_ANNOUNCED.where(deployment.c.id == any_(_IDS)))
_LOCK_POLLED = prepare(
    _ANNOUNCED.where(
        (deployment.c.id == any_(_IDS))
        | (deployment.c.work_queue_id == any_(bindparam("queue_ids", type_=ARRAY(Uuid))))
    )
)


async def before_upsert(
    tx: Executor,
    flow_id: UUID,
    name: str,
    *,
    pool_name: str | None,
    queue_name: str | None,
    asked_limit: UUID | None,
) -> Row | None:
    """The flow, the deployment of that name if there is one (held), and what is named; None where there is no flow."""
    return await tx.row(
        _BY_NAME, flow_id=flow_id, name=name, pool_name=pool_name, queue_name=queue_name, asked_limit=asked_limit
    )


async def before_change(
    tx: Executor, deployment_id: UUID, *, pool_name: str | None, queue_name: str | None, asked_limit: UUID | None
) -> Row | None:
    """The deployment (held), its flow, and what is named; None where there is no such deployment."""
    return await tx.row(
        _BY_ID, deployment_id=deployment_id, pool_name=pool_name, queue_name=queue_name, asked_limit=asked_limit
    )


async def lock(tx: Executor, ids: list[UUID]) -> list[Row]:
    """Deployments as they are announced, held until the transaction ends."""
    return await tx.rows(_LOCK, ids=ids)


async def lock_polled(tx: Executor, ids: list[UUID], queue_ids: list[UUID]) -> list[Row]:
    """Deployments, and those of work queues, as they are announced, held until the transaction ends."""
    return await tx.rows(_LOCK_POLLED, ids=ids, queue_ids=queue_ids)

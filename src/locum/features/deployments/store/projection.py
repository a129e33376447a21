"""A deployment and a schedule as they are answered."""

from sqlalchemy import Integer, case, func, select
from sqlalchemy import literal_column as sql

from locum.features.concurrency.store import limits
from locum.filters.listing import Listing
from locum.infra.db import json_array_of, json_object
from locum.tables.base import Instant
from locum.tables.concurrency import concurrency_limit
from locum.tables.deployments import deployment, deployment_schedule
from locum.tables.work_pools import work_pool, work_queue

SCHEDULE = json_object(
    deployment_schedule,
    {
        "id": deployment_schedule.c.id,
        "created": deployment_schedule.c.created,
        "updated": deployment_schedule.c.updated,
        "deployment_id": deployment_schedule.c.deployment_id,
        "schedule": deployment_schedule.c.schedule,
        "active": deployment_schedule.c.active,
        "max_scheduled_runs": deployment_schedule.c.max_scheduled_runs,
        "parameters": deployment_schedule.c.parameters,
        "slug": deployment_schedule.c.slug,
    },
)
LATEST_FIRST = (deployment_schedule.c.updated.desc(), deployment_schedule.c.id.desc())

_QUEUE = work_queue.c.id == deployment.c.work_queue_id
_QUEUE_NAME = select(work_queue.c.name).where(_QUEUE).scalar_subquery()
_POOL_NAME = (
    select(work_pool.c.name)
    .select_from(work_queue.join(work_pool, work_pool.c.id == work_queue.c.work_pool_id))
    .where(_QUEUE)
    .scalar_subquery()
)

_QUEUE_POLLED = select(work_queue.c.last_polled).where(_QUEUE).scalar_subquery()
# A poll of the queue marks the queue only, not each of its deployments; here it counts for all of them.
_LAST_POLLED = case(
    (deployment.c.last_polled.is_not(None), func.greatest(deployment.c.last_polled, _QUEUE_POLLED, type_=Instant)),
    else_=None,
)

PROJECTION = json_object(
    deployment,
    {
        "id": deployment.c.id,
        "created": deployment.c.created,
        "updated": deployment.c.updated,
        "name": deployment.c.name,
        "version": deployment.c.version,
        "description": deployment.c.description,
        "flow_id": deployment.c.flow_id,
        "paused": deployment.c.paused,
        "schedules": json_array_of(
            SCHEDULE, deployment_schedule, deployment_schedule.c.deployment_id == deployment.c.id, *LATEST_FIRST
        ),
        "concurrency_limit": sql("NULL", Integer()),
        "global_concurrency_limit": select(limits.PROJECTION)
        .select_from(concurrency_limit)
        .where(concurrency_limit.c.id == deployment.c.concurrency_limit_id)
        .scalar_subquery(),
        "concurrency_options": deployment.c.concurrency_options,
        "job_variables": deployment.c.job_variables,
        "parameters": deployment.c.parameters,
        "tags": deployment.c.tags,
        "labels": func.coalesce(deployment.c.labels, sql("'{}'::jsonb"), type_=deployment.c.labels.type),
        "work_queue_name": func.coalesce(_QUEUE_NAME, deployment.c.work_queue_name),
        "work_queue_id": deployment.c.work_queue_id,
        "last_polled": _LAST_POLLED,
        "parameter_openapi_schema": deployment.c.parameter_openapi_schema,
        "path": deployment.c.path,
        "pull_steps": deployment.c.pull_steps,
        "entrypoint": deployment.c.entrypoint,
        "storage_document_id": deployment.c.storage_document_id,
        "infrastructure_document_id": deployment.c.infrastructure_document_id,
        "created_by": deployment.c.created_by,
        "updated_by": deployment.c.updated_by,
        "work_pool_name": _POOL_NAME,
        "status": deployment.c.status,
        "enforce_parameter_schema": deployment.c.enforce_parameter_schema,
    },
)
LISTING = Listing(deployment, PROJECTION)

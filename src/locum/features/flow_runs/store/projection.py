"""A flow run as it is answered."""

from sqlalchemy import func, select

from locum.filters.listing import Listing
from locum.infra.db import json_object
from locum.tables.flow_runs import flow_run
from locum.tables.run_times import estimated_run_time, start_delay
from locum.tables.work_pools import work_pool, work_queue

_OF_QUEUE = work_queue.c.id == flow_run.c.work_queue_id
_QUEUE_NAME = select(work_queue.c.name).where(_OF_QUEUE).scalar_subquery()
_POOL_ID = select(work_queue.c.work_pool_id).where(_OF_QUEUE).scalar_subquery()
_POOL_NAME = (
    select(work_pool.c.name)
    .join(work_queue, work_queue.c.work_pool_id == work_pool.c.id)
    .where(_OF_QUEUE)
    .scalar_subquery()
)

FIELDS = {
    "id": flow_run.c.id,
    "created": flow_run.c.created,
    "updated": flow_run.c.updated,
    "name": flow_run.c.name,
    "flow_id": flow_run.c.flow_id,
    "state_id": flow_run.c.state_id,
    "deployment_id": flow_run.c.deployment_id,
    "deployment_version": flow_run.c.deployment_version,
    "work_queue_id": flow_run.c.work_queue_id,
    "work_queue_name": func.coalesce(_QUEUE_NAME, flow_run.c.work_queue_name),
    "flow_version": flow_run.c.flow_version,
    "parameters": flow_run.c.parameters,
    "idempotency_key": flow_run.c.idempotency_key,
    "context": flow_run.c.context,
    "empirical_policy": flow_run.c.empirical_policy,
    "tags": flow_run.c.tags,
    "labels": flow_run.c.labels,
    "parent_task_run_id": flow_run.c.parent_task_run_id,
    "state_type": flow_run.c.state_type,
    "state_name": flow_run.c.state_name,
    "run_count": flow_run.c.run_count,
    "expected_start_time": flow_run.c.expected_start_time,
    "next_scheduled_start_time": flow_run.c.next_scheduled_start_time,
    "start_time": flow_run.c.start_time,
    "end_time": flow_run.c.end_time,
    "total_run_time": flow_run.c.total_run_time,
    "estimated_run_time": estimated_run_time(flow_run.c),
    "estimated_start_time_delta": start_delay(flow_run.c),
    "auto_scheduled": flow_run.c.auto_scheduled,
    "infrastructure_document_id": flow_run.c.infrastructure_document_id,
    "infrastructure_pid": flow_run.c.infrastructure_pid,
    "created_by": flow_run.c.created_by,
    "work_pool_id": _POOL_ID,
    "work_pool_name": _POOL_NAME,
    "state": flow_run.c.state,
    "job_variables": flow_run.c.job_variables,
}

PROJECTION = json_object(flow_run, FIELDS)
LISTING = Listing(flow_run, PROJECTION)

"""What a run needs to know of its deployment."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, bindparam, select

from locum.infra.db import Executor, Row, prepare
from locum.tables.deployments import deployment
from locum.tables.flows import flow
from locum.tables.task_runs import task_run
from locum.tables.work_pools import work_pool, work_queue

_ASKED_QUEUE = work_queue.alias("asked_queue")

_FOR_RUN = prepare(
    select(
        deployment.c.id,
        deployment.c.flow_id,
        deployment.c.version,
        deployment.c.parameters,
        deployment.c.parameter_openapi_schema,
        deployment.c.enforce_parameter_schema,
        deployment.c.job_variables,
        deployment.c.infrastructure_document_id,
        deployment.c.work_queue_id,
        deployment.c.work_queue_name,
        deployment.c.id.label("found_deployment_id"),
        deployment.c.name.label("deployment_name"),
        deployment.c.tags.label("deployment_tags"),
        deployment.c.labels.label("deployment_labels"),
        flow.c.name.label("flow_name"),
        flow.c.tags.label("flow_tags"),
        work_queue.c.id.label("found_queue_id"),
        work_queue.c.name.label("queue_name"),
        work_pool.c.id.label("pool_id"),
        work_pool.c.name.label("pool_name"),
        work_pool.c.type.label("pool_type"),
        work_pool.c.base_job_template,
        _ASKED_QUEUE.c.id.label("asked_queue_id"),
        task_run.c.id.label("parent_id"),
        task_run.c.name.label("parent_name"),
        task_run.c.tags.label("parent_tags"),
    )
    .select_from(
        deployment.join(flow, flow.c.id == deployment.c.flow_id)
        .outerjoin(work_queue, work_queue.c.id == deployment.c.work_queue_id)
        .outerjoin(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
        .outerjoin(
            _ASKED_QUEUE,
            and_(
                _ASKED_QUEUE.c.work_pool_id == work_pool.c.id,
                _ASKED_QUEUE.c.name == bindparam("queue_name", type_=Text),
            ),
        )
        .outerjoin(task_run, task_run.c.id == bindparam("parent_task_run_id", type_=Uuid))
    )
    .where(deployment.c.id == bindparam("deployment_id", type_=Uuid))
)
_PARENT = prepare(
    select(
        task_run.c.id.label("parent_id"), task_run.c.name.label("parent_name"), task_run.c.tags.label("parent_tags")
    ).where(task_run.c.id == bindparam("parent_task_run_id", type_=Uuid))
)
NO_PARENT: Mapping[str, Any] = {"parent_id": None, "parent_name": None, "parent_tags": None}


async def for_run(
    tx: Executor, deployment_id: UUID, *, queue_name: str | None = None, parent_task_run_id: UUID | None = None
) -> Row | None:
    """A deployment with all that lies around it, the queue asked for, and the task run that the run stands for."""
    return await tx.row(
        _FOR_RUN, deployment_id=deployment_id, queue_name=queue_name, parent_task_run_id=parent_task_run_id
    )


async def parent(tx: Executor, task_run_id: UUID) -> Mapping[str, Any]:
    """The task run that a run stands for, as `for_run` tells of it."""
    return await tx.row(_PARENT, parent_task_run_id=task_run_id) or NO_PARENT

"""What lies around a flow run: its flow, deployment, work queue and pool, and the task run it stands for."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, bindparam, null, or_, select
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from locum.infra.db import Executor, Row, prepare
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow
from locum.tables.task_runs import task_run
from locum.tables.work_pools import work_pool, work_queue

COLUMNS: tuple[ColumnElement[Any], ...] = (
    flow.c.name.label("flow_name"),
    flow.c.tags.label("flow_tags"),
    flow.c.labels.label("flow_labels"),
    deployment.c.id.label("found_deployment_id"),
    deployment.c.name.label("deployment_name"),
    deployment.c.tags.label("deployment_tags"),
    deployment.c.labels.label("deployment_labels"),
    work_queue.c.id.label("found_queue_id"),
    work_queue.c.name.label("queue_name"),
    work_pool.c.id.label("pool_id"),
    work_pool.c.name.label("pool_name"),
    work_pool.c.type.label("pool_type"),
    task_run.c.id.label("parent_id"),
    task_run.c.name.label("parent_name"),
    task_run.c.tags.label("parent_tags"),
)


def joined_to_run() -> FromClause:
    """The flow run with all that lies around it."""
    return (
        flow_run.join(flow, flow.c.id == flow_run.c.flow_id)
        .outerjoin(deployment, deployment.c.id == flow_run.c.deployment_id)
        .outerjoin(work_queue, work_queue.c.id == flow_run.c.work_queue_id)
        .outerjoin(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
        .outerjoin(task_run, task_run.c.id == flow_run.c.parent_task_run_id)
    )


_QUEUE_NAME = bindparam("queue_name", type_=Text)
_POOL_NAME = bindparam("pool_name", type_=Text)
_NAMED_QUEUE = or_(
    work_queue.c.name == _QUEUE_NAME, and_(_QUEUE_NAME.is_(null()), work_queue.c.id == work_pool.c.default_queue_id)
)

_OF_NEW_RUN = prepare(
    select(*COLUMNS)
    .select_from(
        flow.outerjoin(deployment, deployment.c.id == bindparam("deployment_id", type_=Uuid))
        .outerjoin(work_pool, work_pool.c.name == _POOL_NAME)
        .outerjoin(work_queue, and_(work_queue.c.work_pool_id == work_pool.c.id, _NAMED_QUEUE))
        .outerjoin(task_run, task_run.c.id == bindparam("parent_task_run_id", type_=Uuid))
    )
    .where(flow.c.id == bindparam("flow_id", type_=Uuid))
)


async def of_new_run(
    tx: Executor,
    *,
    flow_id: UUID,
    deployment_id: UUID | None,
    parent_task_run_id: UUID | None,
    pool_name: str | None,
    queue_name: str | None,
) -> Row | None:
    """What will lie around a run that is about to be made; None where its flow does not exist.

    With a pool's name the queue is the one named, or the pool's default.
    """
    return await tx.row(
        _OF_NEW_RUN,
        flow_id=flow_id,
        deployment_id=deployment_id,
        parent_task_run_id=parent_task_run_id,
        pool_name=pool_name,
        queue_name=queue_name,
    )


_JOB = prepare(
    select(deployment.c.job_variables, work_pool.c.base_job_template)
    .select_from(
        flow_run.join(deployment, deployment.c.id == flow_run.c.deployment_id)
        .join(work_queue, work_queue.c.id == deployment.c.work_queue_id)
        .join(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
    )
    .where(flow_run.c.id == bindparam("run_id", type_=Uuid))
)


async def job_of(tx: Executor, run_id: UUID) -> Row | None:
    """The job variables of a run's deployment and its pool's base_job_template; None where it is in no pool."""
    return await tx.row(_JOB, run_id=run_id)

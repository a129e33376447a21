"""HTTP operations of deployments and their schedules."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from locum.domain.errors import Invalid, NotFound
from locum.features.deployments.commands import planning, running, writing
from locum.features.deployments.commands import schedules as schedule_commands
from locum.features.deployments.planning import Span
from locum.features.deployments.schemas import (
    DeploymentBulkDeleteResponse,
    DeploymentCreate,
    DeploymentFlowRunCreate,
    DeploymentPaginationResponse,
    DeploymentResponse,
    DeploymentSchedule,
    DeploymentScheduleCreate,
    DeploymentScheduleUpdate,
    DeploymentUpdate,
    FlowRunBulkCreateResponse,
    ScheduleBody,
    ScheduledRunsBody,
    WorkQueue,
)
from locum.features.deployments.store import matching, schedules
from locum.features.deployments.store import writing as store
from locum.features.deployments.store.projection import LISTING
from locum.features.flow_runs.commands import check_size
from locum.features.flow_runs.schemas import FlowRunResponse
from locum.features.task_runs.callers import caller_of
from locum.filters.lists import BulkDeleteDeployments, CountDeployments, FilterDeployments, PaginateDeployments
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation, Reply, RequestInvalid, reply_json

_TAG = "Deployments"


async def create_deployment(tx: Tx, call: Call, body: DeploymentCreate) -> Answer:
    """Make a deployment, or replace the one of that flow and name."""
    check_size(body.parameters, call.settings.api.max_parameter_size)
    _check_planned(call, body.schedules)
    deployment, made = await writing.create(tx, call.services.hubs["blocks"], body, call.now)
    return Reply(deployment, 201 if made else 200)


async def update_deployment(tx: Tx, call: Call, id: UUID, body: DeploymentUpdate) -> Answer:
    """Change a deployment."""
    check_size(body.parameters or {}, call.settings.api.max_parameter_size)
    _check_planned(call, body.schedules)
    await writing.change(tx, id, body, call.now)


async def read_deployment_by_name(db: Db, flow_name: str, deployment_name: str) -> Answer:
    """Read the deployment of a name under the flow of a name."""
    return _found(await store.get_by_names(db, flow_name, deployment_name))


async def read_deployment(db: Db, id: UUID) -> Answer:
    """Read a deployment."""
    return _found(await store.get(db, id))


async def read_deployments(db: Db, call: Call, body: FilterDeployments) -> Answer:
    """List the deployments that the filters let through."""
    return await LISTING.read(db, body, body.sort, call.settings.api.default_limit)


async def paginate_deployments(db: Db, call: Call, body: PaginateDeployments) -> Answer:
    """List a page of the deployments that the filters let through."""
    return await LISTING.paginate(db, body, body.sort, call.settings.api.default_limit)


async def count_deployments(db: Db, body: CountDeployments) -> Answer:
    """Count the deployments that the filters let through."""
    return str(await LISTING.count(db, body.restriction()))


async def get_scheduled_flow_runs_for_deployments(db: Db, call: Call, body: ScheduledRunsBody) -> Answer:
    """List the planned runs of deployments, for whoever serves them."""
    limit = body.limit_within(call.settings.api.default_limit)
    return await running.due(db, body.deployment_ids, body.scheduled_before, limit, call.now)


async def delete_deployment(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete a deployment with its schedules and the runs that have not begun."""
    if not await writing.remove(tx, [id], call.now):
        raise _unknown()


async def bulk_delete_deployments(tx: Tx, call: Call, body: BulkDeleteDeployments) -> Answer:
    """Delete the first deployments that the filter lets through."""
    return reply_json({"deleted": await writing.remove_wanted(tx, body, call.now)})


async def schedule_deployment(tx: Tx, call: Call, id: UUID, body: ScheduleBody) -> Answer:
    """Plan runs of a deployment over a span of time, which may be past."""
    settings = call.settings.services.scheduler
    start = body.start_time or call.now
    try:
        span = Span(
            start=start,
            end=body.end_time or start + settings.max_scheduled_time,
            cover=settings.min_scheduled_time if body.min_time is None else timedelta(seconds=body.min_time),
            least=settings.min_runs if body.min_runs is None else body.min_runs,
            most=settings.max_runs if body.max_runs is None else body.max_runs,
        )
        await planning.plan_one(tx, id, span, call.now)
    except OverflowError as error:
        msg = "The span of time reaches beyond what a calendar holds."
        raise Invalid(msg) from error
    return "null"


async def resume_deployment(tx: Tx, call: Call, id: UUID) -> Answer:
    """Have runs of a deployment planned again."""
    await writing.set_paused(tx, id, call.now, paused=False)
    return "null"


async def pause_deployment(tx: Tx, call: Call, id: UUID) -> Answer:
    """Plan no more runs of a deployment, and take back those that have not begun."""
    await writing.set_paused(tx, id, call.now, paused=True)
    return "null"


async def create_flow_run_from_deployment(db: Db, call: Call, id: UUID, body: DeploymentFlowRunCreate) -> Answer:
    """Make a run of a deployment."""
    check_size(body.parameters, call.settings.api.max_parameter_size)
    cipher = call.services.hubs["blocks"]
    run, made = await running.run(db, cipher, id, body, call.created_by, caller_of(call))
    return Reply(run, 201 if made else 200)


async def bulk_create_flow_runs_from_deployment(
    tx: Tx, call: Call, id: UUID, body: list[DeploymentFlowRunCreate]
) -> Answer:
    """Make several runs of a deployment."""
    for one in body:
        check_size(one.parameters, call.settings.api.max_parameter_size)
    cipher = call.services.hubs["blocks"]
    results = await running.run_many(tx, cipher, id, body, call.created_by, caller_of(call))
    return results.model_dump_json()


async def work_queue_check_for_deployment(db: Db, id: UUID) -> Answer:
    """List the old work queues whose filters let the deployment through."""
    return _found(await matching.queues_for(db, id))


async def read_deployment_schedules(db: Db, id: UUID) -> Answer:
    """List the schedules of a deployment."""
    found = await schedules.of_deployment(db, id)
    if found is None:
        raise NotFound("Deployment not found.")
    return found


async def create_deployment_schedules(tx: Tx, call: Call, id: UUID, body: list[DeploymentScheduleCreate]) -> Answer:
    """Give a deployment more schedules."""
    _check_planned(call, body)
    return await schedule_commands.create(tx, id, body, call.now)


async def update_deployment_schedule(
    tx: Tx, call: Call, id: UUID, schedule_id: UUID, body: DeploymentScheduleUpdate
) -> Answer:
    """Change a schedule."""
    _check_planned(call, [body])
    await schedule_commands.change(tx, id, schedule_id, body, call.now)


async def delete_deployment_schedule(tx: Tx, call: Call, id: UUID, schedule_id: UUID) -> Answer:
    """Delete a schedule."""
    await schedule_commands.remove(tx, id, schedule_id, call.now)


def _check_planned(call: Call, schedules: Sequence[DeploymentScheduleCreate | DeploymentScheduleUpdate]) -> None:
    """Refuse schedules of which more runs may be planned at once than the settings allow."""
    most: int = call.settings.deployment_schedule_max_scheduled_runs
    errors: list[Any] = [
        {
            "type": "value_error",
            "loc": ["body", number, "max_scheduled_runs"],
            "msg": f"Value error, `max_scheduled_runs` must be less than or equal to {most}.",
            "input": one.max_scheduled_runs,
            "ctx": {"error": {}},
        }
        for number, one in enumerate(schedules)
        if one.max_scheduled_runs is not None and one.max_scheduled_runs > most
    ]
    if errors:
        raise RequestInvalid(errors)


def _unknown() -> NotFound:
    return NotFound("Deployment not found")


def _found(deployment: Any) -> Any:
    if deployment is None:
        raise _unknown()
    return deployment


OPERATIONS = (
    Operation("POST", "/deployments/", create_deployment, _TAG, returns=DeploymentResponse),
    Operation("PATCH", "/deployments/{id}", update_deployment, _TAG, status=204),
    Operation(
        "GET",
        "/deployments/name/{flow_name}/{deployment_name}",
        read_deployment_by_name,
        _TAG,
        returns=DeploymentResponse,
    ),
    Operation("GET", "/deployments/{id}", read_deployment, _TAG, returns=DeploymentResponse),
    Operation("POST", "/deployments/filter", read_deployments, _TAG, returns=list[DeploymentResponse]),
    Operation("POST", "/deployments/paginate", paginate_deployments, _TAG, returns=DeploymentPaginationResponse),
    Operation(
        "POST",
        "/deployments/get_scheduled_flow_runs",
        get_scheduled_flow_runs_for_deployments,
        _TAG,
        returns=list[FlowRunResponse],
    ),
    Operation("POST", "/deployments/count", count_deployments, _TAG, returns=int),
    Operation("DELETE", "/deployments/{id}", delete_deployment, _TAG, status=204),
    Operation("POST", "/deployments/bulk_delete", bulk_delete_deployments, _TAG, returns=DeploymentBulkDeleteResponse),
    Operation("POST", "/deployments/{id}/schedule", schedule_deployment, _TAG, returns=Any),
    Operation("POST", "/deployments/{id}/resume_deployment", resume_deployment, _TAG, returns=Any),
    Operation("POST", "/deployments/{id}/pause_deployment", pause_deployment, _TAG, returns=Any),
    Operation(
        "POST", "/deployments/{id}/create_flow_run", create_flow_run_from_deployment, _TAG, returns=FlowRunResponse
    ),
    Operation(
        "POST",
        "/deployments/{id}/create_flow_run/bulk",
        bulk_create_flow_runs_from_deployment,
        _TAG,
        returns=FlowRunBulkCreateResponse,
    ),
    Operation(
        "GET",
        "/deployments/{id}/work_queue_check",
        work_queue_check_for_deployment,
        _TAG,
        returns=list[WorkQueue],
        deprecated=True,
    ),
    Operation("GET", "/deployments/{id}/schedules", read_deployment_schedules, _TAG, returns=list[DeploymentSchedule]),
    Operation(
        "POST",
        "/deployments/{id}/schedules",
        create_deployment_schedules,
        _TAG,
        status=201,
        returns=list[DeploymentSchedule],
    ),
    Operation("PATCH", "/deployments/{id}/schedules/{schedule_id}", update_deployment_schedule, _TAG, status=204),
    Operation("DELETE", "/deployments/{id}/schedules/{schedule_id}", delete_deployment_schedule, _TAG, status=204),
)

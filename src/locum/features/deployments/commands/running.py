"""Making runs of deployments, and handing them to whoever serves the deployment."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from locum.domain.errors import BadRequest, Conflict, DomainError, Invalid, NotFound
from locum.domain.ids import new_id
from locum.domain.states import StateCreate, StateType
from locum.features.deployments import lifecycle
from locum.features.deployments.schemas import (
    DeploymentFlowRunCreate,
    FlowRunBulkCreateResponse,
    FlowRunCreateResult,
)
from locum.features.deployments.store import readiness, running, surroundings
from locum.features.deployments.validation import (
    NO_SCHEMA,
    filled,
    require_parameters,
    variables_in,
)
from locum.features.flow_runs.making import NewRun, make, make_in
from locum.features.flow_runs.store import scheduled
from locum.features.task_runs.callers import Caller
from locum.features.work_pools import job_templates
from locum.features.work_pools.commands import queues
from locum.features.work_pools.job_templates import CIRCULAR, JobTemplate
from locum.infra.cipher import Cipher
from locum.infra.db import Db, Executor, Tx, dump_json

BULK_LIMIT = 100
_WORDS_IN_BULK = (
    (Conflict, "Error creating flow run: Validation failed", "Parameter validation failed: Validation failed"),
    (BadRequest, "Error hydrating flow run parameters: ", ""),
    (Conflict, NO_SCHEMA, "Parameter schema enforcement is enabled but deployment has no valid schema."),
    (Invalid, CIRCULAR, "Invalid schema: circular references detected."),
)
"""By the kind of error: job variables that do not conform are Invalid, and worded as they are for one run."""

_POLLED_LATELY = timedelta(seconds=10)

Row = Mapping[str, Any]
Creator = Mapping[str, Any] | None


async def run(
    db: Db, cipher: Cipher, deployment_id: UUID, body: DeploymentFlowRunCreate, created_by: Creator, caller: Caller
) -> tuple[str, bool]:
    """A run of a deployment as JSON text, and whether it was made just now (else its idempotency key was used before).

    Raises NotFound, BadRequest, Conflict, Invalid.
    """
    around = await running.for_run(
        db, deployment_id, queue_name=body.work_queue_name, parent_task_run_id=body.parent_task_run_id
    )
    if around is None:
        raise _unknown()
    parameters = {**orjson.loads(around["parameters"]), **body.parameters}
    known = await variables_in(db, parameters)
    template = await _template(db, cipher, around)
    columns = _columns(body, parameters, known, template, around, created_by, caller.now)
    queue = _asked_queue(body, around)
    if queue is not None:
        queue_id = around["asked_queue_id"] or await db.transact(lambda tx: queues.ensure(tx, *queue, caller.now))
        columns |= {"work_queue_id": queue_id, "work_queue_name": queue[1]}
    return await make(db, _new(body, columns, around, caller.now), caller)


async def run_many(
    tx: Tx,
    cipher: Cipher,
    deployment_id: UUID,
    bodies: Sequence[DeploymentFlowRunCreate],
    created_by: Creator,
    caller: Caller,
) -> FlowRunBulkCreateResponse:
    """Runs of a deployment, each of which may fail by itself. Raises BadRequest, NotFound."""
    if len(bodies) > BULK_LIMIT:
        raise BadRequest(f"Cannot create more than {BULK_LIMIT} flow runs at once.")
    around = await running.for_run(tx, deployment_id)
    if around is None:
        raise _unknown()
    results: list[FlowRunCreateResult] = []
    ids: dict[str, UUID] = {}
    inherited = orjson.loads(around["parameters"])
    known = await variables_in(tx, [inherited, *(body.parameters for body in bodies)])
    template = await _template(tx, cipher, around)
    for body in bodies:
        try:
            given = {**inherited, **body.parameters}
            columns = _columns(body, given, known, template, around, created_by, caller.now)
            queue = _asked_queue(body, around)
        except DomainError as error:
            results.append(FlowRunCreateResult(status="FAILED", error=_in_bulk(error)))
            continue
        if queue is not None:
            if queue[1] not in ids:
                ids[queue[1]] = await queues.ensure(tx, *queue, caller.now)
            columns |= {"work_queue_id": ids[queue[1]], "work_queue_name": queue[1]}
        parent = await running.parent(tx, body.parent_task_run_id) if body.parent_task_run_id else running.NO_PARENT
        made, _ = await make_in(tx, _new(body, columns, {**around, **parent}, caller.now), caller)
        run_id = orjson.loads(made)["id"]
        results.append(FlowRunCreateResult(flow_run_id=run_id, status="CREATED"))
    return FlowRunBulkCreateResponse(results=results)


def _in_bulk(error: DomainError) -> str:
    """What is wrong with one run of many, as the peer words it there."""
    detail = error.detail
    for kind, alone, among_many in _WORDS_IN_BULK:
        if isinstance(error, kind):
            detail = detail.replace(alone, among_many)
    return detail


def _unknown() -> NotFound:
    return NotFound("Deployment not found")


def _asked_queue(body: DeploymentFlowRunCreate, around: Row) -> tuple[str, str] | None:
    """The names of the pool and queue that the run is to wait in, if it says so."""
    name = body.work_queue_name
    if not name:
        return None
    if around["pool_id"] is None:
        raise BadRequest(
            f"Cannot create flow run in work queue {name} because deployment {around['id']} is not associated with a "
            "work pool. Please remove work_pool_name and try again."
        )
    return around["pool_name"], name


async def _template(ex: Executor, cipher: Cipher, around: Row) -> JobTemplate | None:
    """The base job template of the deployment's pool, if it has one."""
    return None if around["pool_id"] is None else await job_templates.stored(ex, cipher, around["base_job_template"])


def _columns(
    body: DeploymentFlowRunCreate,
    given: dict[str, Any],
    known: Mapping[str, Any],
    template: JobTemplate | None,
    around: Row,
    created_by: Creator,
    now: datetime,
) -> dict[str, Any]:
    """The run's columns, once its parameters, with `known` variables filled in, and job variables conform."""
    parameters = filled(given, "flow run", known)
    enforced = body.enforce_parameter_schema
    if around["enforce_parameter_schema"] if enforced is None else enforced:
        schema = around["parameter_openapi_schema"]
        require_parameters(
            parameters, None if schema is None else orjson.loads(schema), "creating flow run", partial=False
        )
    if template is not None:
        inherited = orjson.loads(around["job_variables"])
        template.require(inherited, body.job_variables, doing="creating flow run", partial=False)
    system = {"prefect.flow.id": str(around["flow_id"]), "prefect.deployment.id": str(around["id"])}
    labels: dict[str, Any] = orjson.loads(around["deployment_labels"] or "{}") or {}
    tags = dict.fromkeys([*orjson.loads(around["deployment_tags"]), *body.tags])
    return {
        "run_id": new_id(),
        "name": body.name,
        "flow_id": around["flow_id"],
        "deployment_id": around["id"],
        "deployment_version": around["version"],
        "work_queue_id": around["work_queue_id"],
        "work_queue_name": around["work_queue_name"],
        "parameters": dump_json(parameters),
        "idempotency_key": body.idempotency_key,
        "context": dump_json(body.context),
        "tags": dump_json(list(tags)),
        "labels": dump_json({**labels, **system, **(body.labels or {})}),
        "parent_task_run_id": body.parent_task_run_id,
        "infrastructure_document_id": body.infrastructure_document_id or around["infrastructure_document_id"],
        "job_variables": dump_json(body.job_variables),
        "created_by": dump_json(created_by) if created_by else None,
        "created": now,
    }


def _new(body: DeploymentFlowRunCreate, columns: Row, around: Row, now: datetime) -> NewRun:
    queue_id = columns["work_queue_id"]
    queue = {"found_queue_id": queue_id, "queue_name": around["queue_name"]}
    if queue_id != around["work_queue_id"]:
        queue["queue_name"] = columns["work_queue_name"]
    state = (body.state or StateCreate(type=StateType.SCHEDULED)).to_state(now)
    return NewRun(columns, state, body.empirical_policy, {**around, **queue})


async def due(db: Db, ids: Sequence[UUID], before: datetime | None, limit: int, now: datetime) -> bytes:
    """The planned runs of deployments for whoever serves them, who shows by asking that he is there."""
    if await readiness.stale(db, ids, now - _POLLED_LATELY):
        await db.transact(lambda tx: mark_ready(tx, now, deployment_ids=ids))
    return await scheduled.due(db, ids, before, limit)


async def mark_ready(
    tx: Tx, now: datetime, *, deployment_ids: Sequence[UUID] = (), work_queue_ids: Sequence[UUID] = ()
) -> None:
    """Note that somebody asks for the runs of deployments, or of those that wait in work queues."""
    held = await surroundings.lock_polled(tx, list(deployment_ids), list(work_queue_ids))
    if held:
        changed = [lifecycle.changed("ready", row, now) for row in held if row["status"] != "READY"]
        await readiness.set_ready(tx, [row["id"] for row in held], now, changed)


async def mark_not_ready(
    tx: Tx, now: datetime, *, deployment_ids: Sequence[UUID] = (), work_queue_ids: Sequence[UUID] = ()
) -> None:
    """Note that nobody asks any more for the runs of deployments, or of those that wait in work queues."""
    held = await surroundings.lock_polled(tx, list(deployment_ids), list(work_queue_ids))
    ready = [row for row in held if row["status"] == "READY"]
    if ready:
        changed = [lifecycle.changed("not-ready", row, now) for row in ready]
        await readiness.set_not_ready(tx, [row["id"] for row in ready], changed)

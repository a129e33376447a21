"""HTTP operations of flow runs: making, reading, listing, changing, and their transitions."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from locum.domain.errors import NotFound
from locum.domain.orchestration import OrchestrationResult
from locum.features.flow_runs import commands, policy, resuming
from locum.features.flow_runs.schemas import (
    BulkSetStateBody,
    FlowRunBulkDeleteResponse,
    FlowRunBulkSetStateResponse,
    FlowRunCreate,
    FlowRunPaginationResponse,
    FlowRunResponse,
    FlowRunUpdate,
    ResumeBody,
    SetStateBody,
)
from locum.features.flow_runs.store import projection, runs
from locum.features.task_runs.callers import caller_of
from locum.filters.lists import BulkFlowRuns, CountFlowRuns, FilterFlowRuns, PaginateFlowRuns
from locum.filters.sorting import FlowRunSort
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation, Reply, reply_json

_TAG = "Flow Runs"


async def create_flow_run(db: Db, call: Call, body: FlowRunCreate) -> Answer:
    """Make a flow run, or answer with the one of its idempotency key."""
    commands.check_size(body.parameters, call.settings.api.max_parameter_size)
    run, made = await commands.create(db, body, call.created_by, caller_of(call))
    return Reply(run, 201 if made else 200)


async def update_flow_run(db: Db, call: Call, id: UUID, body: FlowRunUpdate) -> Answer:
    """Change a flow run."""
    commands.check_size(body.parameters, call.settings.api.max_parameter_size)
    await commands.change(db, call.services.hubs["blocks"], id, body)


async def read_flow_run(db: Db, id: UUID) -> Answer:
    """Read a flow run."""
    found = await runs.get(db, id)
    if found is None:
        msg = "Flow run not found"
        raise NotFound(msg)
    return found


async def count_flow_runs(db: Db, body: CountFlowRuns) -> Answer:
    """Count the flow runs that the filters let through."""
    return str(await projection.LISTING.count(db, body.restriction()))


async def read_flow_runs(db: Db, call: Call, body: FilterFlowRuns) -> Answer:
    """List the flow runs that the filters let through."""
    return await projection.LISTING.read(db, body, body.sort, call.settings.api.default_limit)


async def paginate_flow_runs(db: Db, call: Call, body: PaginateFlowRuns) -> Answer:
    """List a page of the flow runs that the filters let through."""
    return await projection.LISTING.paginate(db, body, body.sort, call.settings.api.default_limit)


async def delete_flow_run(db: Db, id: UUID) -> Answer:
    """Delete a flow run with its states, task runs and logs."""
    if not await runs.delete_many(db, [id]):
        msg = "Flow run not found"
        raise NotFound(msg)


async def bulk_delete_flow_runs(tx: Tx, body: BulkFlowRuns) -> Answer:
    """Delete the first flow runs that the filter lets through."""
    ids = await projection.LISTING.ids(tx, body.restriction(), FlowRunSort.ID_DESC, body.limit)
    return reply_json({"deleted": await runs.delete_many(tx, ids)})


async def set_flow_run_state(db: Db, call: Call, id: UUID, body: SetStateBody) -> Answer:
    """Propose a state for a flow run; the rules decide what becomes of it."""
    proposed = body.state.to_state(call.now)
    decision = await commands.set_state(db, id, proposed, policy.choose(force=body.force), caller_of(call))
    return Reply(decision.result().model_dump_json(), 200 if decision.state is None else 201)


async def bulk_set_flow_run_state(db: Db, call: Call, body: BulkSetStateBody) -> Answer:
    """Propose a state for the first flow runs that the filter lets through."""
    ids = await projection.LISTING.ids(db, body.restriction(), FlowRunSort.ID_DESC, body.limit)
    results = await commands.set_many(db, ids, body.state, policy.choose(force=body.force), caller_of(call))
    return Reply(results.model_dump_json())


async def resume_flow_run(tx: Tx, call: Call, id: UUID, body: ResumeBody) -> Answer:
    """Let a paused flow run go on."""
    result, made = await resuming.resume(tx, id, body.run_input, caller_of(call))
    return Reply(result.model_dump_json(), 201 if made else 200)


async def update_flow_run_labels(
    db: Db, id: UUID, body: Annotated[dict[str, Any], Field(title="Labels", description="Labels to add or replace")]
) -> Answer:
    """Add labels to a flow run."""
    await commands.add_labels(db, id, body)


OPERATIONS = (
    Operation("POST", "/flow_runs/", create_flow_run, _TAG, returns=FlowRunResponse),
    Operation("PATCH", "/flow_runs/{id}", update_flow_run, _TAG, status=204),
    Operation("GET", "/flow_runs/{id}", read_flow_run, _TAG, returns=FlowRunResponse),
    Operation("DELETE", "/flow_runs/{id}", delete_flow_run, _TAG, status=204),
    Operation("POST", "/flow_runs/count", count_flow_runs, _TAG, returns=int),
    Operation("POST", "/flow_runs/filter", read_flow_runs, _TAG, returns=list[FlowRunResponse]),
    Operation("POST", "/flow_runs/paginate", paginate_flow_runs, _TAG, returns=FlowRunPaginationResponse),
    Operation("POST", "/flow_runs/bulk_delete", bulk_delete_flow_runs, _TAG, returns=FlowRunBulkDeleteResponse),
    Operation("POST", "/flow_runs/bulk_set_state", bulk_set_flow_run_state, _TAG, returns=FlowRunBulkSetStateResponse),
    Operation("POST", "/flow_runs/{id}/set_state", set_flow_run_state, _TAG, returns=OrchestrationResult),
    Operation("POST", "/flow_runs/{id}/resume", resume_flow_run, _TAG, returns=OrchestrationResult),
    Operation("PATCH", "/flow_runs/{id}/labels", update_flow_run_labels, _TAG, status=204),
)

"""What may be done to flow runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from locum.domain.errors import BadRequest, Conflict, Invalid, NotFound, Unavailable
from locum.domain.ids import new_id
from locum.domain.orchestration import Decision, FlowRunFacts, Policy, SetStateStatus, StateAbortDetails
from locum.domain.orchestration.effects import Effect
from locum.domain.states import State, StateCreate, StateType
from locum.features.flow_runs import lifecycle
from locum.features.flow_runs.deciding import decide
from locum.features.flow_runs.making import NewRun, carry_out, make
from locum.features.flow_runs.schemas import (
    FlowRunBulkSetStateResponse,
    FlowRunCreate,
    FlowRunOrchestrationResult,
    FlowRunUpdate,
)
from locum.features.flow_runs.store import runs, surroundings, transitions
from locum.features.flow_runs.store.transitions import SlotEffect
from locum.features.task_runs.callers import Caller
from locum.features.work_pools import job_templates
from locum.infra.cipher import Cipher
from locum.infra.db import Db, Tx, dump_json

_ATTEMPTS = 20


class _LostRaceError(Exception):
    """The run changed its state between reading and writing."""


async def create(db: Db, body: FlowRunCreate, created_by: Mapping[str, Any] | None, caller: Caller) -> tuple[str, bool]:
    """The run as JSON text, and whether it was made just now (else its idempotency key was used before).

    Raises Conflict where the flow or parent task run does not exist, NotFound where the work pool or queue does not.
    """
    around = await surroundings.of_new_run(
        db,
        flow_id=body.flow_id,
        deployment_id=body.deployment_id,
        parent_task_run_id=body.parent_task_run_id,
        pool_name=body.work_pool_name,
        queue_name=body.work_queue_name,
    )
    if around is None:
        msg = "The flow of the run does not exist."
        raise Conflict(msg)
    if body.parent_task_run_id is not None and around["parent_id"] is None:
        msg = "The task run that the run is to stand for does not exist."
        raise Conflict(msg)
    _check_queue(body, around)
    state = (body.state or StateCreate(type=StateType.PENDING)).to_state(caller.now)
    columns = _columns(body, new_id(), around, created_by, caller.now)
    return await make(db, NewRun(columns, state, body.empirical_policy, around), caller)


async def set_state(
    db: Db, run_id: UUID, proposed: State, rules: Policy[FlowRunFacts], caller: Caller
) -> Decision[FlowRunFacts]:
    """Propose a state and write what the rules make of it. Raises NotFound.

    Where nothing else follows, reading and writing are a statement each, with no transaction around them: the write
    touches the run only if it is still in the state that was read, else the transition is decided anew. Slots are
    taken by the same statement, if they are still free; who loses the race for one holds the limit first next time.
    """
    for attempt in range(_ATTEMPTS):
        row = await transitions.load(db, run_id)
        if row is None:
            raise _unknown(run_id)
        facts, decision = await decide(db, row, proposed, rules, caller)
        if decision.state is None and not decision.run_changed and not decision.effects:
            return decision
        slots, rest = _apart(decision)
        if not rest and not (attempt and slots):
            announcement = lifecycle.state_changed(row, decision, caller.now)
            if await transitions.write(db, facts, decision, announcement, slots):
                return decision
            continue
        try:
            return await db.transact(lambda tx: set_state_in(tx, run_id, proposed, rules, caller))
        except _LostRaceError:
            continue
    msg = "The run changes its state too often."
    raise Unavailable(msg, retry_after=1)


async def set_state_in(
    tx: Tx, run_id: UUID, proposed: State, rules: Policy[FlowRunFacts], caller: Caller
) -> Decision[FlowRunFacts]:
    """The same within a transaction, with all that follows. Raises NotFound; a lost race raises for a new attempt.

    Limits of which a slot may be taken are held first, so that no race for the last slot is lost again.
    """
    row = await transitions.load(tx, run_id)
    if row is None:
        raise _unknown(run_id)
    facts, decision = await decide(tx, row, proposed, rules, caller)
    slots, rest = _apart(decision)
    if decision.state is not None or decision.run_changed:
        announcement = lifecycle.state_changed(row, decision, caller.now)
        if not await transitions.write(tx, facts, decision, announcement, slots):
            raise _LostRaceError
    await carry_out(tx, run_id, rest, caller)
    return decision


def _apart(decision: Decision[FlowRunFacts]) -> tuple[SlotEffect | None, tuple[Effect, ...]]:
    """What becomes of the run's slot in the statement that writes the state, and what else follows."""
    if not decision.effects or decision.state is None:
        return None, decision.effects
    slots = [effect for effect in decision.effects if isinstance(effect, SlotEffect)]
    return (slots[0] if slots else None), tuple(one for one in decision.effects if not isinstance(one, SlotEffect))


async def set_many(
    db: Db, ids: Sequence[UUID], proposed: StateCreate, rules: Policy[FlowRunFacts], caller: Caller
) -> FlowRunBulkSetStateResponse:
    """Propose the same state for several runs, one after the other; a run that is gone meanwhile is an abort."""
    results: list[FlowRunOrchestrationResult] = []
    for run_id in ids:
        try:
            decision = await set_state(db, run_id, proposed.to_state(caller.now), rules, caller)
        except NotFound as error:
            status, state, details = SetStateStatus.ABORT, None, StateAbortDetails(reason=error.detail)
        else:
            result = decision.result()
            status, state, details = result.status, result.state, result.details
        results.append(FlowRunOrchestrationResult(flow_run_id=run_id, status=status, state=state, details=details))
    return FlowRunBulkSetStateResponse(results=results)


async def change(db: Db, cipher: Cipher, run_id: UUID, body: FlowRunUpdate) -> None:
    """Change what the body gives. Raises NotFound; of job variables Invalid, BadRequest where they are settled."""
    values = body.model_dump(mode="json", exclude_unset=True)
    if body.job_variables is not None:
        row = await transitions.load(db, run_id)
        if row is None:
            msg = "Flow run not found"
            raise NotFound(msg)
        _check_changeable(row)
        job = await surroundings.job_of(db, run_id)
        if job is not None:
            template = await job_templates.stored(db, cipher, job["base_job_template"])
            inherited = orjson.loads(job["job_variables"])
            template.require(inherited, body.job_variables, doing="updating flow run", partial=False)
    if "empirical_policy" in values:
        values["empirical_policy"] = body.empirical_policy.model_dump_json()
    for name in values.keys() & {"parameters", "tags", "job_variables"}:
        values[name] = dump_json(values[name])
    if not await runs.change(db, run_id, values):
        msg = "Flow run not found"
        raise NotFound(msg)


async def add_labels(db: Db, run_id: UUID, labels: Mapping[str, Any]) -> None:
    """Add labels to a run, replacing those of the same name. Raises NotFound."""
    if not await runs.add_labels(db, run_id, dump_json(labels)):
        raise _unknown(run_id)


def check_size(parameters: Mapping[str, Any], limit: int) -> None:
    """Raises Invalid where the parameters, as JSON, have more than `limit` bytes."""
    if parameters and limit and (size := len(dump_json(parameters).encode())) > limit:
        msg = f"The parameters have {size} bytes as JSON; {limit} are allowed."
        raise Invalid(msg)


def _check_changeable(row: Mapping[str, Any]) -> None:
    state = transitions.state_of(row)
    if state is None:
        msg = "Flow run state is required to update job variables but none exists"
        raise BadRequest(msg)
    if state.type is not StateType.SCHEDULED:
        msg = f"Job variables for a flow run in state {state.type.name} cannot be updated"
        raise BadRequest(msg)
    if row["found_deployment_id"] is None:
        msg = "A deployment for the flow run could not be found"
        raise BadRequest(msg)


def _unknown(run_id: UUID) -> NotFound:
    return NotFound(f"Flow run with id {run_id} not found", bare=True)


def _check_queue(body: FlowRunCreate, around: Mapping[str, Any]) -> None:
    if body.work_pool_name is None:
        return
    if around["pool_id"] is None:
        raise NotFound(f'Work pool "{body.work_pool_name}" not found.')
    if around["found_queue_id"] is None:
        raise NotFound(f"Work pool queue '{body.work_pool_name}/{body.work_queue_name}' not found.")


def _columns(
    body: FlowRunCreate,
    run_id: UUID,
    around: Mapping[str, Any],
    created_by: Mapping[str, Any] | None,
    now: datetime,
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "name": body.name,
        "flow_id": body.flow_id,
        "deployment_id": body.deployment_id,
        "work_queue_id": around["found_queue_id"],
        "work_queue_name": body.work_queue_name,
        "flow_version": body.flow_version,
        "parameters": dump_json(body.parameters),
        "idempotency_key": body.idempotency_key,
        "context": dump_json(body.context),
        "tags": dump_json(body.tags),
        "labels": dump_json(_labels(body, around)),
        "parent_task_run_id": body.parent_task_run_id,
        "infrastructure_document_id": body.infrastructure_document_id,
        "job_variables": _job_variables(body),
        "created_by": dump_json(created_by) if created_by else None,
        "created": now,
    }


def _job_variables(body: FlowRunCreate) -> str | None:
    """As given; where none are, a run with an idempotency key has null and others have none, as in the peer."""
    if body.job_variables is None:
        return None if body.idempotency_key else "{}"
    return dump_json(body.job_variables)


def _labels(body: FlowRunCreate, around: Mapping[str, Any]) -> dict[str, Any]:
    """The labels of the flow or deployment, those that say which they are, and the run's own, in rising precedence."""
    own = body.labels or {}
    if body.deployment_id is not None and around["found_deployment_id"] is not None:
        inherited = orjson.loads(around["deployment_labels"] or "{}")
        system = {"prefect.flow.id": str(body.flow_id), "prefect.deployment.id": str(body.deployment_id)}
    else:
        inherited = orjson.loads(around["flow_labels"] or "{}")
        system = {"prefect.flow.id": str(body.flow_id)}
    return {**(inherited or {}), **system, **own}

"""Letting paused flow runs go on, with the input that they may be waiting for."""

from typing import Any
from uuid import UUID

import orjson

from locum.domain.errors import NotFound
from locum.domain.orchestration import OrchestrationResult, SetStateStatus, StateAbortDetails
from locum.domain.parameters.checking import CircularSchema, SchemaInvalid, first_mismatch
from locum.domain.states import State, StateType, named
from locum.features.flow_runs import commands, policy
from locum.features.flow_runs.store import inputs, transitions
from locum.features.task_runs.callers import Caller
from locum.infra.db import Tx, dump_json


async def resume(
    tx: Tx, run_id: UUID, run_input: dict[str, Any] | None, caller: Caller
) -> tuple[OrchestrationResult, bool]:
    """What became of it, and whether the run is in a new state. Raises NotFound.

    The run is held meanwhile: it goes on once, and whoever sees it go on finds the input there.
    """
    row = await transitions.load(tx, run_id) if await transitions.hold(tx, run_id) else None
    if row is None:
        msg = "Flow run not found"
        raise NotFound(msg)
    state = transitions.state_of(row)
    if state is None or state.type is not StateType.PAUSED:
        return _refused(None, SetStateStatus.ABORT, "Cannot resume a flow run that is not paused."), False
    keyset = state.state_details.run_input_keyset
    if keyset:
        problem = await _problem(tx, run_id, keyset, run_input or {})
        if problem is not None:
            return _refused(state, SetStateStatus.REJECT, problem), False
    rescheduled = state.state_details.pause_reschedule
    proposed = named.resuming(caller.now) if rescheduled else named.running(caller.now)
    decision = await commands.set_state_in(tx, run_id, proposed, policy.CORE, caller)
    if keyset and run_input and decision.state is not None and decision.status is SetStateStatus.ACCEPT:
        await inputs.insert_new(tx, run_id, keyset["response"], dump_json(run_input), None)
    return decision.result(), decision.state is not None


async def _problem(tx: Tx, run_id: UUID, keyset: dict[str, str], run_input: dict[str, Any]) -> str | None:
    """Why the input does not do, if so."""
    if "response" not in keyset:
        return "Run input response key not found."
    text = await inputs.value(tx, run_id, keyset["schema"]) if "schema" in keyset else None
    if text is None:
        return "Run input schema not found."
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "Run input schema is not valid JSON."
    try:
        mismatch = first_mismatch(run_input, schema)
    except CircularSchema:
        return "Invalid schema: Unable to validate schema with circular references."
    except SchemaInvalid as error:
        return f"Reason: {error}"
    return f"Reason: {mismatch}" if mismatch else None


def _refused(state: State | None, status: SetStateStatus, reason: str) -> OrchestrationResult:
    return OrchestrationResult(state=state, status=status, details=StateAbortDetails(reason=reason))

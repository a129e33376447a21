"""Makes a flow run in its first state, once all that it needs is known; and what follows from a transition."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from locum.domain.errors import NotFound, Unavailable
from locum.domain.orchestration import FlowRunFacts, FlowRunPolicy, govern
from locum.domain.orchestration.effects import Effect, ForgetInputs, MirrorToParent, RenewLease, RetryFailedTaskRuns
from locum.domain.states import State
from locum.features.concurrency.store import slots
from locum.features.events.emit import insertion_parameters
from locum.features.flow_runs import lifecycle, policy
from locum.features.flow_runs.store import inputs, runs
from locum.features.task_runs import commands as task_runs
from locum.features.task_runs.callers import Caller
from locum.infra.db import Db, Executor, Tx
from locum.tables.run_states import fact_values, state_values


@dataclass(frozen=True)
class NewRun:
    """A run to be made.

    `columns` are those of `store.runs.insert_new` (JSON as text), `around` has the columns of `store.surroundings`.
    """

    columns: Mapping[str, Any]
    state: State
    empirical_policy: FlowRunPolicy
    around: Mapping[str, Any]


async def make(db: Db, new: NewRun, caller: Caller) -> tuple[str, bool]:
    """The run as JSON text, and whether it was made just now (else its idempotency key was used before)."""
    given, effects = _decided(new, caller)
    if effects:
        made = await db.transact(lambda tx: _insert(tx, given, effects, caller))
    else:
        made = await runs.insert_new(db, given)
    return await _made_or_found(db, given, made)


async def make_in(tx: Tx, new: NewRun, caller: Caller) -> tuple[str, bool]:
    """The same within a transaction."""
    given, effects = _decided(new, caller)
    return await _made_or_found(tx, given, await _insert(tx, given, effects, caller))


async def carry_out(tx: Executor, run_id: UUID, effects: tuple[Effect, ...], caller: Caller) -> None:
    """Do what follows from a transition beside the change of the run itself."""
    for effect in effects:
        match effect:
            case ForgetInputs(keys=keys):
                await inputs.delete_keys(tx, run_id, keys)
            case MirrorToParent(task_run_id=task_run_id, state=state):
                with suppress(NotFound):  # it was deleted meanwhile, and the run outlives it
                    await task_runs.mirror_parent(tx, task_run_id, state, caller)
            case RetryFailedTaskRuns(due=due):
                await task_runs.retry_failed(tx, run_id, due, caller)
            case RenewLease(lease_id=lease_id, lasts=lasts):
                await slots.renew(tx, lease_id, lasts)
            case _:
                # the others belong to task runs, or are written with the state
                continue


def _decided(new: NewRun, caller: Caller) -> tuple[dict[str, Any], tuple[Effect, ...]]:
    """All that is to be written, and what follows."""
    columns = new.columns
    facts = FlowRunFacts(
        id=columns["run_id"],
        deployment_id=columns["deployment_id"],
        parent_task_run_id=columns["parent_task_run_id"],
        empirical_policy=new.empirical_policy,
    )
    decision = govern(policy.FORCED, caller.proposes(new.state, facts, None))
    shown = {**new.around, **columns, "id": columns["run_id"]}
    announcement = lifecycle.state_changed(shown, decision, caller.now)
    if decision.state is None or announcement is None:
        msg = "a new run must come into a state"
        raise AssertionError(msg)
    given = {
        **columns,
        "empirical_policy": decision.run.empirical_policy.model_dump_json(),
        **state_values(decision.state),
        **fact_values(decision.run),
        **insertion_parameters([announcement]),
    }
    return given, decision.effects


async def _insert(tx: Executor, given: Mapping[str, Any], effects: tuple[Effect, ...], caller: Caller) -> str | None:
    made = await runs.insert_new(tx, given)
    if made is not None:
        await carry_out(tx, given["run_id"], effects, caller)
    return made


async def _made_or_found(ex: Executor, given: Mapping[str, Any], made: str | None) -> tuple[str, bool]:
    if made is not None:
        return made, True
    found = await runs.get_by_key(ex, given["flow_id"], given["idempotency_key"] or "")
    if found is None:
        msg = "The run with this idempotency key was deleted meanwhile."
        raise Unavailable(msg, retry_after=0)
    return found, False

"""What may be done to task runs."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from locum.domain.errors import Conflict, NotFound, Unavailable
from locum.domain.ids import new_id
from locum.domain.orchestration import Decision, Need, Policy, TaskRunFacts, govern
from locum.domain.orchestration.effects import EnqueueTaskRun
from locum.domain.states import State, StateCreate, StateType, named
from locum.features.concurrency import vacancies
from locum.features.task_runs import policy
from locum.features.task_runs.callers import Caller
from locum.features.task_runs.schemas import TaskRunCreate
from locum.features.task_runs.store import remembered, runs, transitions
from locum.features.task_workers.store import offers
from locum.infra.db import Db, Executor, dump_json
from locum.tables.run_states import fact_values, state_values

_ATTEMPTS = 20


async def create(db: Db, body: TaskRunCreate, caller: Caller) -> tuple[str, bool]:
    """The run as JSON text, and whether it was made just now (else there was one with its keys). Raises Conflict."""
    run_id = body.id or new_id()
    state = (body.state or StateCreate(type=StateType.PENDING)).to_state(caller.now)
    facts = TaskRunFacts(id=run_id, flow_run_id=body.flow_run_id, empirical_policy=body.empirical_policy)
    decision = govern(policy.choose(state, force=True), caller.proposes(state, facts, None))
    if decision.state is not None:
        given = _columns(body, run_id, caller.now)
        given |= state_values(decision.state) | fact_values(decision.run, transitions.TASK_RUN_FACTS)
        made = await runs.insert_new(db, given, offered=_offered(decision) is not None)
        if made is not None:
            return made, True
    found = await runs.get_by_key(db, body.flow_run_id, body.task_key, body.dynamic_key)
    if found is None:
        if not await runs.has_flow_run(db, body.flow_run_id):
            raise Conflict("The flow run of the task run does not exist.")
        msg = "The task run with these keys was deleted meanwhile."
        raise Unavailable(msg, retry_after=0)
    return found, False


async def propose(
    db: Db, run_id: UUID, proposed: State, rules: Policy[TaskRunFacts], caller: Caller
) -> Decision[TaskRunFacts]:
    """Set a state as a client asks. A deferred run and its offer to task workers stand or fall together.

    Raises NotFound.
    """
    if not proposed.state_details.deferred:
        return await set_state(db, run_id, proposed, rules, caller)
    return await db.transact(lambda tx: set_state(tx, run_id, proposed, rules, caller))


async def set_state(
    db: Executor, run_id: UUID, proposed: State, rules: Policy[TaskRunFacts], caller: Caller
) -> Decision[TaskRunFacts]:
    """Propose a state and write what the rules make of it. Raises NotFound.

    The write touches the run only if it is still in the state that was read, and if the slots that it takes are still
    free, else the transition is decided anew; who loses the race for slots holds their limits first next time.
    """
    for attempt in range(_ATTEMPTS):
        if attempt and isinstance(db, Db):
            return await db.transact(partial(set_state, run_id=run_id, proposed=proposed, rules=rules, caller=caller))
        loaded = await transitions.load(db, run_id)
        if loaded is None:
            raise NotFound(f"Task run with id {run_id} not found", bare=True)
        facts, initial = loaded
        facts = await _with_needs(db, facts, initial, proposed, rules, caller)
        decision = govern(rules, caller.proposes(proposed, facts, initial))
        if decision.state is None and not decision.run_changed:
            return decision
        if await transitions.write(db, decision):
            if (offered := _offered(decision)) is not None:
                await offers.offer(db, run_id, urgent=offered.retry)
            return decision
    msg = "The task run changes its state too often."
    raise Unavailable(msg, retry_after=1)


async def mirror_parent(tx: Executor, task_run_id: UUID, state: State, caller: Caller) -> None:
    """Put the task run that stands for a subflow into the subflow's state, by force. Raises NotFound."""
    await set_state(tx, task_run_id, state, policy.choose(state, force=True), caller)


async def retry_failed(tx: Executor, flow_run_id: UUID, due: datetime, caller: Caller) -> None:
    """Let the task runs of a flow run that failed begin anew with all their retries, once the flow run is retried."""
    for facts, initial in await transitions.load_failed(tx, flow_run_id):
        state = named.awaiting_retry(caller.now, due)
        await transitions.write(tx, govern(policy.FORCED, caller.proposes(state, replace(facts, run_count=0), initial)))


async def _with_needs(
    ex: Executor,
    facts: TaskRunFacts,
    initial: State | None,
    proposed: State,
    rules: Policy[TaskRunFacts],
    caller: Caller,
) -> TaskRunFacts:
    """The facts with those that the rules ask for about this transition alone."""
    cache_key = proposed.state_details.cache_key
    if cache_key and rules.needs(Need.CACHE, initial, proposed):
        facts = replace(facts, cached=await remembered.find(ex, cache_key, caller.now))
    if facts.tags and rules.needs(Need.SLOTS, initial, proposed):
        limits = await vacancies.of_tags(ex, facts.tags, facts.id, caller.terms.tag_wait)
        facts = replace(facts, tag_limits=limits)
    return facts


def _offered(decision: Decision[TaskRunFacts]) -> EnqueueTaskRun | None:
    """How the run is to be offered to task workers, if it is."""
    return next((effect for effect in decision.effects if isinstance(effect, EnqueueTaskRun)), None)


def _columns(body: TaskRunCreate, run_id: UUID, now: datetime) -> dict[str, Any]:
    system = {"prefect.flow-run.id": str(body.flow_run_id)} if body.flow_run_id else {}
    return {
        "run_id": run_id,
        "name": body.name,
        "flow_run_id": body.flow_run_id,
        "task_key": body.task_key,
        "dynamic_key": body.dynamic_key,
        "cache_key": body.cache_key,
        "cache_expiration": body.cache_expiration,
        "task_version": body.task_version,
        "empirical_policy": body.empirical_policy.model_dump_json(),
        "tags": dump_json(body.tags),
        "own_labels": dump_json({**system, **(body.labels or {})}),
        "task_inputs": dump_json(
            {name: [one.model_dump(mode="json") for one in inputs] for name, inputs in body.task_inputs.items()}
        ),
        "created": now,
    }

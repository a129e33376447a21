"""HTTP operations of task runs and their states."""

from uuid import UUID

from locum.domain.errors import NotFound
from locum.domain.orchestration import OrchestrationResult
from locum.domain.states import State
from locum.features.task_runs import commands, history, policy
from locum.features.task_runs.callers import caller_of
from locum.features.task_runs.history import HistoryResponse
from locum.features.task_runs.schemas import (
    SetStateBody,
    TaskRun,
    TaskRunCreate,
    TaskRunPaginationResponse,
    TaskRunUpdate,
)
from locum.features.task_runs.store import projection, runs, states
from locum.features.task_workers.handing import Handout
from locum.filters.lists import CountTaskRuns, FilterTaskRuns, PaginateTaskRuns, TaskRunHistory
from locum.infra.db import Db
from locum.infra.web import Answer, Call, Operation, Reply

_TAG = "Task Runs"
_STATES_TAG = "Task Run States"


async def create_task_run(db: Db, call: Call, body: TaskRunCreate) -> Answer:
    """Make a task run, or answer with the one of its flow run, task key and dynamic key."""
    run, made = await commands.create(db, body, caller_of(call))
    if body.state is not None and body.state.state_details.deferred:
        _wake(call)
    return Reply(run, 201 if made else 200)


async def update_task_run(db: Db, id: UUID, body: TaskRunUpdate) -> Answer:
    """Change a task run."""
    if not await runs.rename(db, id, body.name if "name" in body.model_fields_set else None):
        msg = "Task run not found"
        raise NotFound(msg)


async def count_task_runs(db: Db, body: CountTaskRuns) -> Answer:
    """Count the task runs that the filters let through."""
    return str(await projection.LISTING.count(db, body.restriction()))


async def task_run_history(db: Db, body: TaskRunHistory) -> Answer:
    """Count the task runs that the filters let through by interval and state."""
    return await history.read(runs.HISTORY, db, body)


async def read_task_run(db: Db, id: UUID) -> Answer:
    """Read a task run."""
    found = await runs.get(db, id)
    if found is None:
        msg = "Task not found"
        raise NotFound(msg)
    return found


async def read_task_runs(db: Db, call: Call, body: FilterTaskRuns) -> Answer:
    """List the task runs that the filters let through."""
    return await projection.LISTING.read(db, body, body.sort, call.settings.api.default_limit)


async def paginate_task_runs(db: Db, call: Call, body: PaginateTaskRuns) -> Answer:
    """List a page of the task runs that the filters let through."""
    return await projection.PAGES.paginate(db, body, body.sort, call.settings.api.default_limit)


async def delete_task_run(db: Db, id: UUID) -> Answer:
    """Delete a task run with its states."""
    if not await runs.delete_one(db, id):
        msg = "Task not found"
        raise NotFound(msg)


async def set_task_run_state(db: Db, call: Call, id: UUID, body: SetStateBody) -> Answer:
    """Propose a state for a task run; the rules decide what becomes of it."""
    proposed = body.state.to_state(call.now)
    rules = policy.choose(proposed, force=body.force)
    decision = await commands.propose(db, id, proposed, rules, caller_of(call))
    if proposed.state_details.deferred:
        _wake(call)
    return Reply(decision.result().model_dump_json(), 200 if decision.state is None else 201)


async def read_task_run_state(db: Db, id: UUID) -> Answer:
    """Read one state of a task run."""
    found = await states.get(db, id)
    if found is None:
        # the peer's word, which says flow run
        msg = "Flow run state not found"
        raise NotFound(msg)
    return found


async def read_task_run_states(db: Db, task_run_id: UUID) -> Answer:
    """Read all states that a task run has been in, in order."""
    return await states.of_run(db, task_run_id)


def _wake(call: Call) -> None:
    """Task workers need not wait for the next look."""
    handout: Handout = call.services.hubs["task_runs"]
    handout.wake()


OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/task_runs/", create_task_run, _TAG, returns=TaskRun),
    Operation("PATCH", "/task_runs/{id}", update_task_run, _TAG, status=204),
    Operation("POST", "/task_runs/count", count_task_runs, _TAG, returns=int),
    Operation("POST", "/task_runs/history", task_run_history, _TAG, returns=list[HistoryResponse]),
    Operation("GET", "/task_runs/{id}", read_task_run, _TAG, returns=TaskRun),
    Operation("POST", "/task_runs/filter", read_task_runs, _TAG, returns=list[TaskRun]),
    Operation("POST", "/task_runs/paginate", paginate_task_runs, _TAG, returns=TaskRunPaginationResponse),
    Operation("DELETE", "/task_runs/{id}", delete_task_run, _TAG, status=204),
    Operation("POST", "/task_runs/{id}/set_state", set_task_run_state, _TAG, returns=OrchestrationResult),
    Operation("GET", "/task_run_states/{id}", read_task_run_state, _STATES_TAG, returns=State),
    Operation("GET", "/task_run_states/", read_task_run_states, _STATES_TAG, returns=list[State]),
)

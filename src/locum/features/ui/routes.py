"""HTTP operations that only the pages of the UI use."""

from datetime import timedelta
from uuid import UUID

from locum.domain.errors import Invalid, NotFound
from locum.domain.parameters import CircularSchema, FillingError, SchemaInvalid, report, wanted_variables
from locum.domain.states import TERMINAL
from locum.features.ui import store
from locum.features.ui.schemas import (
    CountByState,
    CountDashboardTaskRuns,
    CountTaskRunsByState,
    FlowIds,
    FlowRunIds,
    ListFlowRuns,
    SchemaValuesValidationResponse,
    SimpleFlowRun,
    SimpleNextFlowRun,
    TaskRunCount,
    UITaskRun,
    ValidateValues,
)
from locum.features.variables import store as variables
from locum.filters.task_runs import TaskRunFilterState, TaskRunFilterStateType
from locum.infra.db import Db
from locum.infra.web import Answer, Call, Operation, reply_json

_LAST_OFFSET = 2**63 - 1
_ENDED = TaskRunFilterState(type=TaskRunFilterStateType(any_=sorted(TERMINAL)))


async def read_flow_run_history(db: Db, body: ListFlowRuns) -> Answer:
    """List flow runs with no more than a chart needs."""
    if body.limit < 0:
        msg = "Invalid limit: must be greater than or equal to 0."
        raise Invalid(msg)
    offset = min(body.offset, _LAST_OFFSET)
    return await store.HISTORY.rows(db, body.restriction(), body.sort, body.limit, offset)


async def count_task_runs_by_flow_run(db: Db, body: FlowRunIds) -> Answer:
    """Count the task runs of each flow run."""
    return reply_json(await store.count_task_runs(db, body.flow_run_ids))


async def count_deployments_by_flow(db: Db, body: FlowIds) -> Answer:
    """Count the deployments of each flow."""
    return reply_json(await store.count_deployments(db, body.flow_ids))


async def next_runs_by_flow(db: Db, body: FlowIds) -> Answer:
    """Find the scheduled run of each flow that is to begin first."""
    found = await store.next_runs(db, body.flow_ids)
    return reply_json({flow_id: None if run is None else dict(run) for flow_id, run in found.items()})


async def read_dashboard_task_run_counts(db: Db, call: Call, body: CountDashboardTaskRuns) -> Answer:
    """Count the task runs that ended, well or not, in twenty equal parts of the time asked for."""
    asked = body.task_runs.start_time
    if asked is None or asked.after_ is None:
        msg = "task_runs.start_time.after_ is required"
        raise Invalid(msg)
    start = asked.after_.replace(second=0, microsecond=0)
    until = (asked.before_ or call.now).replace(second=59, microsecond=999999)
    if until - start < timedelta(0):
        return reply_json([{"completed": 0, "failed": 0}] * store.BUCKETS)
    ended = body.model_copy(update={"task_runs": body.task_runs.model_copy(update={"state": _ENDED})})
    found = await store.count_by_time(db, ended.restriction(), start, until)
    nothing = {"completed": 0, "failed": 0}
    return reply_json([{kind: found.get(bucket, nothing)[kind] for kind in nothing} for bucket in range(store.BUCKETS)])


async def read_task_run_counts_by_state(db: Db, body: CountTaskRunsByState) -> Answer:
    """Count task runs by the type of their state."""
    return CountByState(**await store.count_by_state(db, body.restriction())).model_dump_json()


async def read_task_run_with_flow_run_name(db: Db, id: UUID) -> Answer:
    """Read a task run with the name of its flow run."""
    found = await store.get_task_run(db, id)
    if found is None:
        msg = "Task not found"
        raise NotFound(msg)
    return found


async def validate_obj(db: Db, body: ValidateValues) -> Answer:
    """Tell all that is wrong with values against a schema; what is yet to be filled in may be anything."""
    known = await variables.values_of(db, wanted_variables(body.values))
    try:
        errors = report(body.values, body.schema_, known)
    except CircularSchema as error:
        msg = "Invalid schema: Unable to validate schema with circular references."
        raise Invalid(msg) from error
    except SchemaInvalid as error:
        raise Invalid(f"Invalid schema: {error.reason}") from error
    except FillingError as error:
        raise Invalid(str(error)) from error
    return reply_json({"errors": errors, "valid": not errors})


_FLOWS = ("Flows", "UI")
_FLOW_RUNS = ("Flow Runs", "UI")
_TASK_RUNS = ("Task Runs", "UI")

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/ui/flows/count-deployments", count_deployments_by_flow, _FLOWS, returns=dict[UUID, int]),
    Operation("POST", "/ui/flows/next-runs", next_runs_by_flow, _FLOWS, returns=dict[UUID, SimpleNextFlowRun | None]),
    Operation("POST", "/ui/flow_runs/history", read_flow_run_history, _FLOW_RUNS, returns=list[SimpleFlowRun]),
    Operation(
        "POST", "/ui/flow_runs/count-task-runs", count_task_runs_by_flow_run, _FLOW_RUNS, returns=dict[UUID, int]
    ),
    Operation(
        "POST",
        "/ui/task_runs/dashboard/counts",
        read_dashboard_task_run_counts,
        _TASK_RUNS,
        returns=list[TaskRunCount],
    ),
    Operation("POST", "/ui/task_runs/count", read_task_run_counts_by_state, _TASK_RUNS, returns=CountByState),
    Operation("GET", "/ui/task_runs/{id}", read_task_run_with_flow_run_name, _TASK_RUNS, returns=UITaskRun),
    Operation(
        "POST",
        "/ui/schemas/validate",
        validate_obj,
        ("UI", "Schemas"),
        returns=SchemaValuesValidationResponse,
    ),
)

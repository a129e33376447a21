"""HTTP operations that report on flow runs: history, lateness, graph, logs."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from locum.domain.errors import NotFound
from locum.domain.moments import as_utc
from locum.features.flow_runs import graph
from locum.features.flow_runs.graph import DependencyResult, Graph
from locum.features.flow_runs.store import reports
from locum.features.logs import download
from locum.features.task_runs import history
from locum.features.task_runs.history import HistoryResponse
from locum.filters.lists import CountFlowRuns, FlowRunHistory
from locum.infra.db import Db
from locum.infra.web import Answer, Call, Operation, Query, Stream, reply_json

_TAG = "Flow Runs"
_GRAPH_TAGS = (_TAG, "Flow Run Graph")


async def average_flow_run_lateness(db: Db, body: CountFlowRuns) -> Answer:
    """How late the flow runs that the filters let through began, in seconds, on average; null where there are none."""
    lateness = await reports.lateness(db, body.restriction())
    return "null" if lateness is None else repr(lateness)


async def flow_run_history(db: Db, body: FlowRunHistory) -> Answer:
    """Count the flow runs that the filters let through by interval and state."""
    return await history.read(reports.HISTORY, db, body)


async def read_flow_run_graph_v1(db: Db, id: UUID) -> Answer:
    """List the task runs of a flow run with what each depends on."""
    return reply_json(await graph.dependencies(db, id))


async def read_flow_run_graph_v2(
    db: Db,
    call: Call,
    id: UUID,
    since: Annotated[datetime, Query("Leave out runs that ended before")] = graph.EARLIEST,
) -> Answer:
    """Draw what the runs inside a flow run made of one another."""
    limits = call.settings.flow_run_graph
    return reply_json(await graph.read(db, id, as_utc(since), limits.max_nodes, limits.max_artifacts))


async def download_logs(db: Db, id: UUID) -> Answer:
    """All logs of a flow run as a CSV file."""
    name = await reports.name_of(db, id)
    if name is None:
        msg = "Flow run not found"
        raise NotFound(msg)
    filename = quote(f"{name}-logs.csv", safe="")
    disposition = f"attachment; filename=\"flow-run-logs.csv\"; filename*=UTF-8''{filename}"
    headers = ((b"content-disposition", disposition.encode()),)
    return Stream(await download.as_csv(db, id), b"text/csv; charset=utf-8", headers)


OPERATIONS = (
    Operation("POST", "/flow_runs/lateness", average_flow_run_lateness, _TAG, returns=float | None),
    Operation("POST", "/flow_runs/history", flow_run_history, _TAG, returns=list[HistoryResponse]),
    Operation("GET", "/flow_runs/{id}/graph", read_flow_run_graph_v1, _GRAPH_TAGS, returns=list[DependencyResult]),
    Operation("GET", "/flow_runs/{id}/graph-v2", read_flow_run_graph_v2, _GRAPH_TAGS, returns=Graph),
    Operation("GET", "/flow_runs/{id}/logs/download", download_logs, _TAG, returns=Any),
)

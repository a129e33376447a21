"""The table of contents of the API: one line per feature."""

from locum.features.admin import routes as admin
from locum.features.artifacts import routes as artifacts
from locum.features.automations import routes as automations
from locum.features.blocks import routes as blocks
from locum.features.collections import routes as collections
from locum.features.concurrency import routes as concurrency
from locum.features.csrf import routes as csrf
from locum.features.deployments import routes as deployments
from locum.features.dispatch import routes as dispatch
from locum.features.events import routes as events
from locum.features.events import sockets as event_sockets
from locum.features.flow_runs import routes as flow_runs
from locum.features.flows import routes as flows
from locum.features.logs import routes as logs
from locum.features.logs import sockets as log_sockets
from locum.features.observed_states import routes as observed_states
from locum.features.saved_searches import routes as saved_searches
from locum.features.task_runs import routes as task_runs
from locum.features.task_runs import sockets as task_run_sockets
from locum.features.task_workers import routes as task_workers
from locum.features.ui import routes as ui
from locum.features.variables import routes as variables
from locum.features.work_pools import routes as work_pools
from locum.features.work_pools import sockets as work_pool_sockets
from locum.infra.web import Operation, Socket

OPERATIONS: tuple[Operation, ...] = (
    *admin.OPERATIONS,
    *artifacts.OPERATIONS,
    *automations.OPERATIONS,
    *collections.OPERATIONS,
    *blocks.OPERATIONS,
    *concurrency.OPERATIONS,
    *csrf.OPERATIONS,
    *deployments.OPERATIONS,
    *dispatch.OPERATIONS,
    *events.OPERATIONS,
    *flow_runs.OPERATIONS,
    *flows.OPERATIONS,
    *logs.OPERATIONS,
    *observed_states.OPERATIONS,
    *saved_searches.OPERATIONS,
    *task_runs.OPERATIONS,
    *task_workers.OPERATIONS,
    *ui.OPERATIONS,
    *variables.OPERATIONS,
    *work_pools.OPERATIONS,
)

SOCKETS: tuple[Socket, ...] = (
    *event_sockets.SOCKETS,
    *log_sockets.SOCKETS,
    *task_run_sockets.SOCKETS,
    *work_pool_sockets.SOCKETS,
)

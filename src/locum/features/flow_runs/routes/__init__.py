"""HTTP operations of flow runs and their states: the table of contents."""

from locum.features.flow_runs.routes import inputs, reports, runs, states

OPERATIONS = (*runs.OPERATIONS, *reports.OPERATIONS, *inputs.OPERATIONS, *states.OPERATIONS)

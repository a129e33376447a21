"""The schema: every table of locum, one module per feature, bound to one metadata."""

from locum.tables import concurrency, deployments, events, flow_runs, flows, logs, task_runs, work_pools
from locum.tables.base import metadata

__all__ = [
    "concurrency",
    "deployments",
    "events",
    "flow_runs",
    "flows",
    "logs",
    "metadata",
    "task_runs",
    "work_pools",
]

"""The schema: every table of locum, one module per feature, bound to one metadata."""

from locum.tables import (
    admin,
    artifacts,
    automations,
    blocks,
    concurrency,
    csrf,
    deployments,
    events,
    flow_runs,
    flows,
    logs,
    saved_searches,
    task_runs,
    task_workers,
    variables,
    work_pools,
)
from locum.tables.base import metadata

__all__ = [
    "admin",
    "artifacts",
    "automations",
    "blocks",
    "concurrency",
    "csrf",
    "deployments",
    "events",
    "flow_runs",
    "flows",
    "logs",
    "metadata",
    "saved_searches",
    "task_runs",
    "task_workers",
    "variables",
    "work_pools",
]

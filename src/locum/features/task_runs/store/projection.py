"""A task run as it is answered."""

from typing import Any

from locum.filters.listing import Listing
from locum.infra.db import json_object
from locum.tables.run_times import estimated_run_time, start_delay
from locum.tables.task_runs import task_run

FIELDS: dict[str, Any] = {
    "id": task_run.c.id,
    "created": task_run.c.created,
    "updated": task_run.c.updated,
    "name": task_run.c.name,
    "flow_run_id": task_run.c.flow_run_id,
    "task_key": task_run.c.task_key,
    "dynamic_key": task_run.c.dynamic_key,
    "cache_key": task_run.c.cache_key,
    "cache_expiration": task_run.c.cache_expiration,
    "task_version": task_run.c.task_version,
    "empirical_policy": task_run.c.empirical_policy,
    "tags": task_run.c.tags,
    "labels": task_run.c.labels,
    "state_id": task_run.c.state_id,
    "task_inputs": task_run.c.task_inputs,
    "state_type": task_run.c.state_type,
    "state_name": task_run.c.state_name,
    "run_count": task_run.c.run_count,
    "flow_run_run_count": task_run.c.flow_run_run_count,
    "expected_start_time": task_run.c.expected_start_time,
    "next_scheduled_start_time": task_run.c.next_scheduled_start_time,
    "start_time": task_run.c.start_time,
    "end_time": task_run.c.end_time,
    "total_run_time": task_run.c.total_run_time,
    "estimated_run_time": estimated_run_time(task_run.c),
    "estimated_start_time_delta": start_delay(task_run.c),
    "state": task_run.c.state,
}
_ON_PAGES = (
    "id",
    "created",
    "updated",
    "name",
    "flow_run_id",
    "task_key",
    "state_id",
    "state",
    "task_version",
    "task_inputs",
    "empirical_policy",
    "tags",
    "start_time",
    "end_time",
    "total_run_time",
    "estimated_run_time",
    "estimated_start_time_delta",
)

PROJECTION = json_object(task_run, FIELDS)
LISTING = Listing(task_run, PROJECTION)
PAGES = Listing(task_run, json_object(task_run, {name: FIELDS[name] for name in _ON_PAGES}))

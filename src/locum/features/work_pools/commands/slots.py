"""Says who holds the slots of pools and queues, and whether a queue is healthy."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from locum.domain.errors import NotFound
from locum.features.work_pools.schemas import (
    FlowRunSlotSummary,
    WorkPoolConcurrencyStatus,
    WorkQueueConcurrencyStatus,
    WorkQueueConcurrencyStatusDetail,
    WorkQueueHealthPolicy,
    WorkQueueStatusDetail,
)
from locum.features.work_pools.store import slots
from locum.filters.body import pages_of
from locum.infra.db import Db

_POLICY = WorkQueueHealthPolicy()
_UNHEARD_OF = timedelta(seconds=60)


async def of_pool(db: Db, name: str, page: int, limit: int, most_runs: int) -> str:
    """A page of a pool's queues with the runs that hold their slots, as JSON text. Raises NotFound."""
    pool = await slots.pool(db, name)
    if pool is None:
        raise NotFound(f"Work pool {name!r} not found.")
    queues = await slots.queues_of_pool(db, pool["id"], limit, (page - 1) * limit)
    runs: dict[UUID, list[FlowRunSlotSummary]] = {}
    for run in await slots.holders_by_queue(db, [queue["id"] for queue in queues], most_runs):
        runs.setdefault(run["work_queue_id"], []).append(_summary(run))
    return WorkPoolConcurrencyStatus(
        active_slots=pool["active"],
        concurrency_limit=pool["concurrency_limit"],
        queues=[
            WorkQueueConcurrencyStatusDetail(
                queue_id=queue["id"],
                queue_name=queue["name"],
                active_slots=queue["active"],
                concurrency_limit=queue["concurrency_limit"],
                flow_runs=runs.get(queue["id"], []),
                flow_run_count=queue["active"],
            )
            for queue in queues
        ],
        count=pool["queues"],
        limit=limit,
        pages=pages_of(pool["queues"], limit),
        page=page,
    ).model_dump_json()


async def of_queue(db: Db, queue_id: UUID, page: int, limit: int) -> str:
    """A page of the runs that hold a queue's slots, as JSON text. Raises NotFound."""
    queue = await slots.queue(db, queue_id)
    if queue is None:
        raise NotFound("Work queue not found.")
    runs = await slots.holders(db, queue_id, limit, (page - 1) * limit)
    return WorkQueueConcurrencyStatus(
        active_slots=queue["active"],
        concurrency_limit=queue["concurrency_limit"],
        flow_runs=[_summary(run) for run in runs],
        count=queue["active"],
        limit=limit,
        pages=pages_of(queue["active"], limit),
        page=page,
    ).model_dump_json()


async def health(db: Db, queue_id: UUID, now: datetime) -> str:
    """Whether a queue is healthy, as JSON text: polled within a minute, and no run late. Raises NotFound."""
    queue = await slots.health(db, queue_id)
    if queue is None:
        raise NotFound(f"Work queue with id {queue_id} not found", bare=True)
    polled = queue["last_polled"]
    return WorkQueueStatusDetail(
        healthy=queue["late"] == 0 and polled is not None and now - polled <= _UNHEARD_OF,
        late_runs_count=queue["late"],
        last_polled=polled,
        health_check_policy=_POLICY,
    ).model_dump_json()


def _summary(run: Mapping[str, Any]) -> FlowRunSlotSummary:
    return FlowRunSlotSummary(
        id=run["id"],
        name=run["name"],
        state_type=run["state_type"],
        state_name=run["state_name"],
        start_time=run["start_time"],
        state_timestamp=run["state_timestamp"],
        time_in_current_state=run["seconds_in_state"],
    )

"""Planning the runs of schedules: of many deployments in turn, and of one on request."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from locum.domain.errors import Invalid
from locum.domain.schedules import ScheduleRefused
from locum.features.deployments.planning import Planning, Span, fire_times, plan_batch, schedule_of
from locum.features.deployments.store import schedules as store
from locum.features.flow_runs.store import scheduled
from locum.infra.db import Db, Tx

MOST_AT_ONCE = 10_000
_EARLY_AT_MOST = timedelta(hours=1)


async def plan_due(db: Db, now: datetime, settings: Any) -> tuple[int, bool]:
    """Plan the runs of deployments whose horizon has run short; how many, and whether the batch was full."""
    if not await store.any_due(db, now):
        return 0, False
    return await db.transact(lambda tx: _plan_batch(tx, now, settings))


async def _plan_batch(tx: Tx, now: datetime, settings: Any) -> tuple[int, bool]:
    """One batch. Whoever changes a deployment holds it, as we do: no run of a schedule that was replaced meanwhile."""
    claimed = await store.claim(tx, now, settings.deployment_batch_size)
    if not claimed:
        return 0, False
    starts: dict[UUID, datetime] = {row["id"]: row["horizon"] for row in claimed}
    rows = await store.active(tx, list(starts))
    early = await scheduled.begun_early(
        tx, list(starts), [row["id"] for row in rows], min(starts.values()), now - _EARLY_AT_MOST
    )
    begun = Counter((row["deployment_id"], row["expected_start_time"]) for row in early)
    span = Span(
        start=now,
        end=now + settings.max_scheduled_time,
        cover=settings.min_scheduled_time,
        least=settings.min_runs,
        most=settings.max_runs,
    )
    # In a thread, since a batch of schedules may take its time and this process also answers requests.
    planning = await asyncio.to_thread(plan_batch, rows, starts, begun, span)
    made = await _insert(tx, planning, now, settings.insert_batch_size)
    await store.set_horizons(tx, planning.horizons)
    return made, len(claimed) == settings.deployment_batch_size


async def plan_one(tx: Tx, deployment_id: UUID, span: Span, now: datetime) -> None:
    """Plan the runs of one deployment over a span of time, paused or not. Raises Invalid for too many."""
    if not await store.hold(tx, deployment_id):
        return
    planning = Planning()
    for row in await store.active(tx, [deployment_id]):
        schedule = schedule_of(row)
        dates: list[datetime] = []
        try:
            for date in fire_times(schedule, span):
                dates.append(date)
                if len(dates) > MOST_AT_ONCE:
                    raise Invalid(f"No more than {MOST_AT_ONCE} runs can be planned at once.")
        except (ScheduleRefused, OverflowError) as error:
            raise Invalid(str(error)) from error
        planning.add(row, schedule, dates, now)
    await _insert(tx, planning, now, MOST_AT_ONCE)


async def _insert(tx: Tx, planning: Planning, now: datetime, batch: int) -> int:
    made = 0
    for first in range(0, len(planning.runs), batch):
        made += await scheduled.insert_scheduled(tx, planning.plans, planning.runs[first : first + batch], now)
    return made

"""Hands out scheduled runs, and notes who asked."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from locum.domain.errors import NotFound
from locum.domain.states import named
from locum.features.deployments.commands import running
from locum.features.dispatch import store
from locum.features.dispatch.schemas import PollPool, PollQueue
from locum.features.flow_runs import commands as flow_run_commands
from locum.features.flow_runs import policy
from locum.features.task_runs.callers import Caller
from locum.features.work_pools.channel.frames import CANCELLING_TIMEOUT
from locum.features.work_pools.commands import pools as pool_commands
from locum.features.work_pools.commands import queues as queue_commands
from locum.features.work_pools.store import cleanups
from locum.infra.db import Db, Tx

_MARKED_EVERY = timedelta(seconds=5)
_WITHOUT_WORKERS = (":push", ":managed")
"""How the types of pools end of which no worker takes the runs."""
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)


async def poll_pool(db: Db, name: str, body: PollPool, limit: int, now: datetime) -> str:
    """The runs of a pool that a worker may carry out, the most urgent first, as a JSON array. Raises NotFound.

    One statement, unless the queues were last marked as polled some seconds ago.
    """
    wanted = body.work_queue_names or None
    found = await store.poll_pool(
        db,
        name,
        wanted,
        after=body.scheduled_after or _FIRST,
        before=body.scheduled_before or _LAST,
        most=limit,
        stale_before=now - _MARKED_EVERY,
    )
    if found is None:
        raise pool_commands.unknown(name)
    if wanted is not None:
        known: set[str] = set(found["queue_names"] or ())
        for queue_name in wanted:
            if queue_name not in known:
                raise queue_commands.unknown(name, queue_name)
    await _note_poll(db, found["stale"], now)
    return found["runs"]


async def poll_queue(db: Db, queue_id: UUID, body: PollQueue, limit: int, now: datetime, *, watched: bool) -> bytes:
    """The runs of a queue that may be carried out, as a JSON array; `watched` by a person only, no poll is noted.

    Raises NotFound.
    """
    queue = await store.queue(db, queue_id, now - _MARKED_EVERY)
    if queue is None:
        raise NotFound(f"Work queue with id {queue_id} not found.", bare=True)
    before = body.scheduled_before or _LAST
    held, most = queue["held"], queue["concurrency_limit"]
    if queue["filter"] is not None and most is not None:
        held = await store.held_by_filter(db, queue_id)
    limit = limit if most is None else min(limit, max(0, most - held))
    if queue["is_paused"] or not limit:
        runs = b"[]"
    elif queue["filter"] is None:
        runs = await store.due_in_queue(db, queue_id, queue["name"], before, limit)
    else:
        runs = await store.due_by_filter(db, queue_id, before, limit)
    if queue["stale"] and not watched:
        await _note_poll(db, [queue_id], now)
    return runs


async def _note_poll(db: Db, queue_ids: Sequence[UUID] | None, now: datetime) -> None:
    if queue_ids:
        await db.transact(lambda tx: _mark_polled(tx, queue_ids, now))


async def _mark_polled(tx: Tx, queue_ids: Sequence[UUID], now: datetime) -> None:
    """Only deployments that are not ready are touched: the rest follow the time at which their queue was polled."""
    await queue_commands.mark_polled(tx, queue_ids, now)
    waiting = await store.not_ready_in_queues(tx, queue_ids)
    if waiting:
        await running.mark_ready(tx, now, deployment_ids=waiting)


async def miss_deployments(tx: Tx, since: datetime, most: int, now: datetime) -> int:
    """Make deployments not ready of whose runs nobody has asked since then; how many."""
    ids = await store.silent_deployments(tx, since, most)
    if ids:
        await running.mark_not_ready(tx, now, deployment_ids=ids)
    return len(ids)


async def end_cancelling(tx: Tx, run_id: UUID, since: datetime, now: datetime) -> bool:
    """Cancel a run that has been CANCELLING since then, and ask a worker to clean up; whether it still was."""
    run = await store.hold_cancelling(tx, run_id, since)
    if run is None:
        return False
    cancelled = named.cancelled(now, "Nobody confirmed in time that the run was cancelled.")
    await flow_run_commands.set_state_in(tx, run_id, cancelled, policy.CORE, Caller(now))
    if run["pool_id"] is not None and not run["pool_type"].endswith(_WITHOUT_WORKERS):
        target = {"flow_run_id": str(run_id), "infrastructure_pid": run["infrastructure_pid"]}
        await cleanups.insert_new(tx, run["pool_id"], run["queue_id"], CANCELLING_TIMEOUT, target)
    return True

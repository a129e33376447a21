"""What may be done to work queues."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from locum.domain.errors import Conflict, NotFound
from locum.domain.ids import new_id
from locum.features.events.emit import emit
from locum.features.work_pools import lifecycle
from locum.features.work_pools.commands import pools as pool_commands
from locum.features.work_pools.commands.pools import updates_between
from locum.features.work_pools.priorities import lowest_free, settle
from locum.features.work_pools.schemas import WorkPoolCreate, WorkQueueCreate, WorkQueueUpdate
from locum.features.work_pools.store import pools, queues
from locum.infra.db import Db, Tx, UniqueConflict

AGENT_POOL = "default-agent-pool"
"""The pool of queues that were made without one."""

_POLLED_LATELY = timedelta(seconds=60)
_ANNOUNCED = ("name", "description", "concurrency_limit", "priority")


async def ensure(tx: Tx, pool_name: str, queue_name: str, now: datetime) -> UUID:
    """The queue of that name in a pool, made if need be. Raises NotFound where there is no such pool."""
    found = await pools.find_with_queue(tx, pool_name, queue_name)
    if found is None:
        raise pool_commands.unknown(pool_name)
    if found["queue_id"] is not None:
        return found["queue_id"]
    return (await _make(tx, pool_name, WorkQueueCreate(name=queue_name), now))[0]


async def ensure_loose(tx: Tx, queue_name: str, now: datetime) -> UUID:
    """The queue of that name in the pool of agents, both made if need be; a new one comes first."""
    found = await pools.find_with_queue(tx, AGENT_POOL, queue_name)
    if found is None:
        found = await _make_agent_pool(tx, queue_name, now)
    if found["queue_id"] is not None:
        return found["queue_id"]
    return (await _make(tx, AGENT_POOL, WorkQueueCreate(name=queue_name, priority=1), now))[0]


async def create(tx: Tx, pool_name: str, body: WorkQueueCreate, now: datetime) -> str:
    """A new queue of a pool as JSON text. Raises NotFound, Conflict."""
    try:
        return (await _make(tx, pool_name, body, now))[1]
    except UniqueConflict as error:
        # The peer answers with its placeholder left open.
        raise Conflict("A work queue with this name already exists in work pool {work_pool_name!r}.") from error


async def create_loose(tx: Tx, body: WorkQueueCreate, now: datetime) -> str:
    """A new queue in the pool of agents, made if need be, as JSON text. Raises Conflict."""
    if await pools.find(tx, AGENT_POOL) is None:
        found = await _make_agent_pool(tx, body.name, now)
        if found["queue_id"] is not None:
            return str(await queues.get(tx, found["queue_id"]))
    try:
        return (await _make(tx, AGENT_POOL, body, now))[1]
    except UniqueConflict as error:
        raise Conflict("A work queue with this name already exists.") from error


async def find_loose(db: Db, name: str) -> str:
    """The queue of that name in the pool of agents; where there is no such pool, in any. Raises NotFound."""
    found = await queues.get_by_name(db, AGENT_POOL, name)
    if found is None and await pools.find(db, AGENT_POOL) is None:
        found = await queues.get_by_name_anywhere(db, name)
    if found is None:
        raise NotFound("work queue not found")
    return found


async def change_of_pool(tx: Tx, pool_name: str, queue_name: str, body: WorkQueueUpdate, now: datetime) -> None:
    """Change a queue of a pool; the pool's other queues make room for its priority. Raises NotFound, Conflict."""
    await _change(tx, await _held_in_pool(tx, pool_name, queue_name), body, now, settled=True)


async def change(tx: Tx, queue_id: UUID, body: WorkQueueUpdate, now: datetime) -> None:
    """Change a queue. Raises NotFound, Conflict."""
    held = await queues.lock(tx, queue_id)
    if held is None:
        raise NotFound(f"Work Queue {queue_id} not found")
    await _change(tx, held, body, now, settled=False)


async def remove_of_pool(tx: Tx, pool_name: str, queue_name: str, now: datetime) -> None:
    """Delete a queue of a pool. Raises NotFound; Conflict for the pool's default."""
    await _remove(tx, await _held_in_pool(tx, pool_name, queue_name), now)


async def remove(tx: Tx, queue_id: UUID, now: datetime) -> None:
    """Delete a queue. Raises NotFound; Conflict for its pool's default."""
    held = await queues.lock(tx, queue_id)
    if held is None:
        raise NotFound("work queue not found")
    await _remove(tx, held, now)


async def mark_polled(tx: Tx, ids: Sequence[UUID], now: datetime) -> None:
    """Somebody asked for the runs of these queues: they are ready, unless they are paused or were already."""
    ready = await queues.mark_polled(tx, ids, now)
    await emit(tx, *(lifecycle.queue_status(queue, "READY", now) for queue in ready))


async def mark_silent(tx: Tx, since: datetime, now: datetime) -> int:
    """Make the queues not ready of whose runs nobody has asked since then; how many."""
    silent = await queues.mark_silent(tx, since)
    await emit(tx, *(lifecycle.queue_status(queue, "NOT_READY", now) for queue in silent))
    return len(silent)


async def _held_in_pool(tx: Tx, pool_name: str, queue_name: str) -> Mapping[str, Any]:
    held = await queues.lock_of_pool(tx, pool_name, queue_name)
    if held is None:
        if await pools.find(tx, pool_name) is None:
            raise pool_commands.unknown(pool_name)
        raise unknown(pool_name, queue_name)
    return held


def unknown(pool_name: str, queue_name: str) -> NotFound:
    """The error where a pool has no such queue."""
    return NotFound(f"Work pool queue '{pool_name}/{queue_name}' not found.")


async def _make_agent_pool(tx: Tx, queue_name: str, now: datetime) -> Mapping[str, Any]:
    """Make the pool of agents; somebody else may have done so meanwhile, then the transaction begins anew."""
    await pool_commands.insert_pool(tx, WorkPoolCreate(name=AGENT_POOL), now, old=False)
    found = await pools.find_with_queue(tx, AGENT_POOL, queue_name)
    if found is None:
        msg = "the pool that was just made is gone"
        raise AssertionError(msg)
    return found


async def _make(tx: Tx, pool_name: str, body: WorkQueueCreate, now: datetime) -> tuple[UUID, str]:
    pool = await pools.lock(tx, pool_name)
    if pool is None:
        raise pool_commands.unknown(pool_name)
    ranks = await queues.priorities(tx, pool["id"])
    queue_id = new_id()
    ranks[queue_id] = body.priority or lowest_free(ranks.values())
    made = await queues.insert_new(
        tx,
        {
            "id": queue_id,
            "work_pool_id": pool["id"],
            "name": body.name,
            "description": body.description or "",
            "is_paused": body.is_paused,
            "concurrency_limit": body.concurrency_limit,
            "priority": ranks[queue_id],
            "filter": None if body.filter is None else body.filter.model_dump_json(),
            "created": now,
        },
    )
    await _settle(tx, ranks, queue_id)
    shown = {"work_pool_id": pool["id"], "pool_name": pool["name"], "pool_type": pool["type"]}
    await emit(tx, lifecycle.queue_changed("created", {**shown, "id": queue_id, "name": body.name}, now))
    return queue_id, made


async def _settle(tx: Tx, ranks: Mapping[UUID, int], placed: UUID | None = None) -> None:
    moved = settle(ranks, placed)
    if moved:
        await queues.rank(tx, moved)


async def _change(tx: Tx, held: Mapping[str, Any], body: WorkQueueUpdate, now: datetime, *, settled: bool) -> None:
    values = body.model_dump(exclude_unset=True)
    for name in ("name", "description", "priority"):
        if name in values and values[name] is None:
            raise Conflict(f"The {name} of a work queue cannot be null.")
    status = _status_after(held, body, now)
    if status is not None:
        values["status"] = status
    if "filter" in values:
        values["filter"] = None if body.filter is None else body.filter.model_dump_json()
    await queues.change(tx, held["id"], values)
    if settled and "priority" in values:
        ranks = await queues.priorities(tx, held["work_pool_id"])
        await _settle(tx, ranks, held["id"])
    queue = {**held, **values}
    updates = updates_between(held, values, _ANNOUNCED)
    if updates:
        await emit(tx, lifecycle.queue_updated(queue, updates, now))
    if status is not None:
        await emit(tx, lifecycle.queue_status(queue, status, now))


def _status_after(held: Mapping[str, Any], body: WorkQueueUpdate, now: datetime) -> str | None:
    """The status that pausing or resuming leads to; None where it stays."""
    if "is_paused" not in body.model_fields_set:
        return None
    if body.is_paused:
        return None if held["status"] == "PAUSED" else "PAUSED"
    if held["status"] != "PAUSED":
        return None
    polled = body.last_polled if "last_polled" in body.model_fields_set else held["last_polled"]
    return "READY" if polled is not None and now - polled <= _POLLED_LATELY else "NOT_READY"


async def _remove(tx: Tx, held: Mapping[str, Any], now: datetime) -> None:
    if held["default_queue_id"] == held["id"]:
        raise Conflict("The default queue of a work pool cannot be deleted.")
    await queues.remove(tx, held["id"])
    await _settle(tx, await queues.priorities(tx, held["work_pool_id"]))
    await emit(tx, lifecycle.queue_changed("deleted", held, now))

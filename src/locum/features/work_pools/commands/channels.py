"""What happens when a worker opens its channel: its pool is found or made, and the worker is online."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from locum.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from locum.features.work_pools.channel.frames import CLEANUP, REQUIRED, VERSION, Closing, Hello
from locum.features.work_pools.commands import pools as pool_commands
from locum.features.work_pools.commands import workers as worker_commands
from locum.features.work_pools.schemas import WorkerHeartbeat, WorkPoolCreate, WorkPoolUpdate
from locum.features.work_pools.store import pools, watching
from locum.infra.cipher import Cipher
from locum.infra.db import Db, Row

_FIRST_QUEUE = {"default"}


@dataclass(frozen=True)
class Welcome:
    """What a worker is answered, and the pool as it was told of it."""

    pool: Row
    queue_ids: list[UUID]
    payload: dict[str, Any]


async def welcome(db: Db, cipher: Cipher, pool_name: str, hello: Hello, now: datetime) -> Welcome:
    """Let a worker in. Raises Closing where that cannot be."""
    if VERSION not in hello.supported_channel_versions:
        raise Closing("unsupported_version")
    await _see_to_pool(db, cipher, pool_name, hello, now)
    queues = await watching.queues_named(db, pool_name, hello.work_queue_names)
    if set(hello.work_queue_names) - {name for _, name in queues}:
        raise Closing("authorization_failed")
    await beat(db, pool_name, hello.worker_name, hello.heartbeat_interval_seconds, now)
    pool = await watching.snapshot(db, pool_name)
    if pool is None:
        raise Closing("authorization_failed")
    return Welcome(pool, [queue_id for queue_id, _ in queues], _payload(hello, queues, pool))


async def beat(db: Db, pool_name: str, worker_name: str, interval: int, now: datetime) -> None:
    """Note a worker's sign of life. Raises Closing where it could not be noted."""
    try:
        body = WorkerHeartbeat(name=worker_name, heartbeat_interval_seconds=interval)
        await worker_commands.hear(db, pool_name, body, now)
    except DomainError as error:
        raise Closing("heartbeat_persistence_failed") from error


async def _see_to_pool(db: Db, cipher: Cipher, pool_name: str, hello: Hello, now: datetime) -> None:
    """Make the pool where there is none, and give it the worker's template where it has none."""
    template = hello.default_base_job_template
    try:
        if await pools.find(db, pool_name) is None:
            if not hello.create_pool_if_not_found or set(hello.work_queue_names) - _FIRST_QUEUE:
                raise Closing("authorization_failed")
            made = WorkPoolCreate(name=pool_name, type=hello.worker_type, base_job_template=template)
            await pool_commands.create(db, cipher, made, now, old=False)
        elif template and await pools.lacks_template(db, pool_name):
            await pool_commands.check_defaults(db, cipher, template)
            changed = WorkPoolUpdate(base_job_template=template)
            await db.transact(lambda tx: pool_commands.change(tx, pool_name, changed, now))
    except Forbidden as error:
        raise Closing("authorization_failed") from error
    except (Invalid, NotFound, ValidationError) as error:
        raise Closing("protocol_error") from error
    except Conflict:
        # Another worker has made it at the same time.
        return


def _payload(hello: Hello, queues: list[tuple[UUID, str]], pool: Row) -> dict[str, Any]:
    accepted = [*REQUIRED, CLEANUP] if hello.cleans_up else list(REQUIRED)
    return {
        "consumer_id": hello.consumer_id,
        "worker_id": None,
        "selected_channel_version": VERSION,
        "effective_heartbeat_interval_seconds": hello.heartbeat_interval_seconds,
        "accepted_capabilities": accepted,
        "rejected_capabilities": [
            asked for asked in dict.fromkeys(hello.requested_capabilities) if asked not in accepted
        ],
        "effective_max_cleanup_concurrency": hello.max_cleanup_concurrency if hello.cleans_up else 0,
        "resolved_work_queues": [{"id": queue_id, "name": name} for queue_id, name in queues],
        "initial_snapshot": told(pool, 1, "initial"),
    }


def told(pool: Row, sequence: int, reason: str) -> dict[str, Any]:
    """A pool as a worker is told of it."""
    return {"snapshot_sequence": sequence, "reason": reason, "work_pool": orjson.Fragment(pool["json"])}

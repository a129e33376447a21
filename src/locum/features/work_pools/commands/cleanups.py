"""Messages to workers about what is to be cleaned up: sent to one at a time, and settled by whom they were sent to."""

import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from locum.features.work_pools.store import cleanups
from locum.infra.db import Db, Executor, Row, Tx
from locum.infra.settings.server import WorkerChannelSettings

logger = logging.getLogger("locum.work_pools")

Operation = Literal["ack", "release", "renew"]

_ASKED_FOR = timedelta(days=1)
"""A pool may have no worker that cleans up; later ones are not asked, since what is named may be another's by then."""


@dataclass(frozen=True)
class Outcome:
    """What became of an operation; `reason` says why it was not accepted."""

    status: str
    reason: str | None = None
    lease_expires_at: datetime | None = None


_NOT_FOUND = Outcome("not_found", "message_not_found")
_OF_ANOTHER_POOL = Outcome("unauthorized", "work_pool_mismatch")
_NOT_SENT = Outcome("not_current", "no_active_reservation")
_OF_ANOTHER_WORKER = Outcome("invalid_token", "reservation_token_mismatch")
_EXPIRED = Outcome("expired", "lease_expired")
_GIVEN_UP = Outcome("dead_lettered", "max_delivery_attempts_reached")
_ACCEPTED = Outcome("accepted")
UNASKED = Outcome("unauthorized", "cleanup_delivery_not_accepted")
"""What a worker hears that did not say that it cleans up."""


async def reserve(
    db: Db,
    pool_id: UUID,
    consumer_id: UUID,
    *,
    kinds: Collection[str],
    queue_ids: Collection[UUID] | None,
    capacity: int,
    settings: WorkerChannelSettings,
    now: datetime,
) -> Row | None:
    """The next message for a worker, which is its own until the lease ends; None where there is none."""
    return await cleanups.reserve(
        db,
        pool_id,
        kinds=kinds,
        queue_ids=queue_ids,
        consumer_id=consumer_id,
        capacity=capacity,
        attempts=settings.cleanup_max_delivery_attempts,
        token=secrets.token_urlsafe(32),
        now=now,
        expires=now + timedelta(seconds=settings.cleanup_lease_seconds),
    )


async def settle(
    tx: Tx,
    pool_id: UUID,
    operation: Operation,
    message_id: UUID,
    token: str,
    *,
    settings: WorkerChannelSettings,
    now: datetime,
) -> Outcome:
    """A worker has dealt with a message, gives it back, or needs more time."""
    message = await cleanups.lock(tx, message_id)
    if message is None:
        return _NOT_FOUND
    if message["work_pool_id"] != pool_id:
        return _OF_ANOTHER_POOL
    if message["token"] is None:
        return _NOT_SENT
    if message["token"] != token:
        return _OF_ANOTHER_WORKER
    last = message["delivery_count"] >= settings.cleanup_max_delivery_attempts
    if message["lease_expires_at"] <= now:
        return await _give_back(tx, message_id, now, last=last, otherwise=_EXPIRED)
    if operation == "release":
        return await _give_back(tx, message_id, now, last=last, otherwise=_ACCEPTED)
    if operation == "renew":
        expires = now + timedelta(seconds=settings.cleanup_lease_seconds)
        await cleanups.renew(tx, message_id, now, expires)
        return Outcome("accepted", lease_expires_at=expires)
    await cleanups.remove(tx, message_id)
    return _ACCEPTED


async def _give_back(tx: Tx, message_id: UUID, now: datetime, *, last: bool, otherwise: Outcome) -> Outcome:
    if not last:
        await cleanups.release(tx, message_id, now)
        return otherwise
    await cleanups.remove(tx, message_id)
    logger.warning("no worker could clean up; the message is given up", extra={"message_id": str(message_id)})
    return _GIVEN_UP


async def expire(db: Executor, settings: WorkerChannelSettings, now: datetime, most: int) -> int:
    """Free the messages that were not settled in time, and give up those sent often enough or too old; how many."""
    attempts = settings.cleanup_max_delivery_attempts
    given_up = await cleanups.give_up(db, now, now - _ASKED_FOR, attempts, most)
    for message in given_up:
        logger.warning(
            "no worker cleaned up in time; the message is given up",
            extra={"message_id": str(message["id"]), "kind": message["kind"], "target": message["target"]},
        )
    return len(given_up) + await cleanups.free_expired(db, now, attempts, most)

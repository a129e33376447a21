"""Watches the pools of the workers that are connected to this process.

One look for all of them, four times a second, and none while no worker is connected. What there is to send is noted on
each worker's channel and sent by the channel's own task, so a worker that reads slowly holds up nobody else, and has at
most one snapshot waiting.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from locum.domain.errors import Unavailable
from locum.features.work_pools.channel.frames import Hello
from locum.features.work_pools.store import watching
from locum.infra.bell import Bell
from locum.infra.db import RETRYABLE, Db, Row

logger = logging.getLogger("locum.work_pools")

_EVERY = 0.25
_WHILE_AWAY = 2.0


class Channel:
    """One worker's connection: what it was told of its pool, and what there is to tell it."""

    def __init__(self, hello: Hello, pool: Row, queue_ids: list[UUID]) -> None:
        """`pool` is the snapshot that the worker begins with."""
        self.hello = hello
        self.pool_id: UUID = pool["id"]
        self.queue_ids = queue_ids
        self.gone = False
        self.reason: str | None = None
        self.cleanup: bool | None = None
        """Whether there may be something to clean up for the worker's own queues (False), or for any (True)."""
        self._updated: datetime = pool["updated"]
        self._shape: str = pool["shape"]
        self._passed_over = False
        self._news = asyncio.Event()

    def see(self, pool: Row | None) -> None:
        """The pool as it is now; None if it is gone."""
        if pool is None:
            self.gone = True
        else:
            if pool["shape"] != self._shape:
                self.reason = "work_pool_updated"
            if pool["to_clean"] and self.hello.cleans_up:
                # Those who serve the queue come first; what they leave is for anybody of the pool.
                self.cleanup, self._passed_over = self._passed_over, True
            else:
                self._passed_over = False
        if self.gone or self.reason or self.cleanup is not None:
            self._news.set()

    def reconcile(self, updated: datetime) -> None:
        """The worker gave a sign of life; if the pool has changed since it was told of it, it is told."""
        if updated != self._updated and self.reason is None:
            self.reason = "heartbeat_reconciliation"
            self._news.set()

    def told(self, pool: Row) -> None:
        """The worker is about to be told of this."""
        self._updated, self._shape, self.reason = pool["updated"], pool["shape"], None

    async def news(self) -> None:
        """Wait until there is something to tell."""
        await self._news.wait()
        self._news.clear()


class PoolWatch:
    """The channels of this process."""

    def __init__(self, db: Db) -> None:
        """Nothing is looked at before a worker is connected."""
        self._db = db
        self._channels: set[Channel] = set()
        self._task: asyncio.Task[None] | None = None
        self._bell = Bell()

    @asynccontextmanager
    async def watching(self, channel: Channel) -> AsyncGenerator[None]:
        """Tell the channel of its pool, for as long as the block lasts."""
        self._channels.add(channel)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="pool watch")
        try:
            yield
        finally:
            self._channels.discard(channel)
            if not self._channels:
                self._bell.ring()

    async def _run(self) -> None:
        while self._channels:
            try:
                await self.look()
            except (Unavailable, *RETRYABLE) as error:
                logger.warning("pools could not be watched", extra={"reason": str(error)})
                await asyncio.sleep(_WHILE_AWAY)
            except Exception:
                logger.exception("pools could not be watched")
                await asyncio.sleep(_WHILE_AWAY)
            await self._bell.wait(_EVERY)

    async def look(self) -> None:
        """Look at the pools of all channels once."""
        channels = list(self._channels)
        pools = await watching.watched(self._db, {channel.pool_id for channel in channels})
        for channel in channels:
            channel.see(pools.get(channel.pool_id))

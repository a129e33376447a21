"""Follows the log for all who listen in this process: one reader, however many they are, and none while nobody is."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from locum.domain.errors import Unavailable
from locum.features.events.store import reading
from locum.features.events.store.reading import Entry, Position
from locum.filters.events import EventFilter
from locum.infra.bell import Bell
from locum.infra.db import RETRYABLE, Db

logger = logging.getLogger("locum.events")

_AT_ONCE = 500
_BACKLOG = 2000
_EVERY = 0.25
_WHILE_AWAY = 2.0


class TooSlow(Exception):
    """A listener let so many events pile up that it is to come again."""


class Subscription:
    """What one listener is told. `start` is the place in the log that it hears of whatever lies behind."""

    def __init__(self, wanted: EventFilter) -> None:
        """Nothing is told yet."""
        self.wanted = wanted
        self.start = Position(0, 0)
        self._entries: asyncio.Queue[Entry] = asyncio.Queue(maxsize=_BACKLOG)
        self._overrun = False

    def offer(self, entry: Entry) -> None:
        """Keep an event for the listener, if it is wanted."""
        if self._overrun or not self.wanted.matches(entry.happened):
            return
        try:
            self._entries.put_nowait(entry)
        except asyncio.QueueFull:
            self._overrun = True

    async def next(self) -> str:
        """The next event as JSON text. Raises TooSlow if some had to be let go."""
        while True:
            if self._overrun and self._entries.empty():
                raise TooSlow
            entry = await self._entries.get()
            if entry.position > self.start:
                return entry.json


class Follower:
    """Reads on in the log and hands every event to every subscription."""

    def __init__(self, db: Db) -> None:
        """Nothing is read before somebody listens."""
        self._db = db
        self._subscriptions: set[Subscription] = set()
        self._reader: asyncio.Task[None] | None = None
        self._position: asyncio.Future[Position] | None = None
        self._appended = Bell()

    def wake(self) -> None:
        """Look at once: something was appended."""
        if self._subscriptions:
            self._appended.ring()

    @asynccontextmanager
    async def subscribed(self, wanted: EventFilter) -> AsyncGenerator[Subscription]:
        """A subscription to all that comes from now on."""
        subscription = Subscription(wanted)
        self._subscriptions.add(subscription)
        try:
            await self._reading_from()
            # The reader is no further than this, so what it hands on from here is complete.
            subscription.start = await reading.end(self._db)
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions:
                self._stop()

    async def _reading_from(self) -> Position:
        if self._position is None:
            self._position = asyncio.get_running_loop().create_future()
            self._reader = asyncio.create_task(self._read(self._position), name="event follower")
        return await asyncio.shield(self._position)

    def _stop(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
        self._reader = self._position = None

    async def _read(self, began: asyncio.Future[Position]) -> None:
        try:
            position = await reading.end(self._db)
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits
            began.set_exception(error)
            self._reader = self._position = None
            return
        began.set_result(position)
        while True:
            try:
                entries = await reading.after(self._db, position, _AT_ONCE)
            except (Unavailable, *RETRYABLE) as error:
                logger.warning("the event log could not be read", extra={"reason": str(error)})
                await asyncio.sleep(_WHILE_AWAY)
                continue
            except Exception:
                logger.exception("the event log could not be read")
                await asyncio.sleep(_WHILE_AWAY)
                continue
            for entry in entries:
                for subscription in self._subscriptions:
                    subscription.offer(entry)
            if entries:
                position = entries[-1].position
            if len(entries) < _AT_ONCE:
                await self._appended.wait(_EVERY)

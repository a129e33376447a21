"""Follows the logs while somebody listens: one reader of the table per process, whatever the number of listeners.

The table is the bus, so lines written through any replica are seen. Ids sort by when a line was taken in, not by when
its transaction became visible; therefore each look goes back some seconds, and lines passed on before are left out.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from locum.domain.clock import Clock
from locum.domain.errors import Unavailable
from locum.domain.ids import lowest_id_of
from locum.features.logs import store
from locum.filters.logs import LogFilter
from locum.infra.db import Db

logger = logging.getLogger("locum.logs")

_LOOK_BACK = timedelta(seconds=5)
_PAGE = 1000
_MOST_WAITING = 5000


class TooSlow(Exception):
    """The listener takes lines more slowly than they come."""


class Listener:
    """Somebody who listens to the lines that a filter lets through."""

    def __init__(self, wanted: LogFilter) -> None:
        """At most so many lines wait to be taken."""
        self.wanted = wanted
        self.lines: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)

    async def __aiter__(self) -> AsyncIterator[str]:
        """The lines as JSON text, as they come. Raises TooSlow once lines had to be left out."""
        while (line := await self.lines.get()) is not None:
            yield line
        raise TooSlow


class LogTail:
    """Passes new lines on to all listeners of this process."""

    def __init__(self, db: Db, clock: Clock, every: float = 0.25) -> None:
        """`every` is in seconds; nothing is read while nobody listens."""
        self._db = db
        self._clock = clock
        self._every = every
        self._listeners: set[Listener] = set()
        self._reader: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listen(self, wanted: LogFilter) -> AsyncGenerator[Listener]:
        """Hear of lines from now on."""
        listener = Listener(wanted)
        self._listeners.add(listener)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read(lowest_id_of(self._clock())), name="log tail")
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def _read(self, start: UUID) -> None:
        passed: dict[UUID, None] = {}
        while self._listeners:
            await asyncio.sleep(self._every)
            bound = max(start, lowest_id_of(self._clock() - _LOOK_BACK))
            try:
                passed = await self._pass_on(bound, passed)
            except Unavailable as error:
                logger.warning("the logs cannot be followed", extra={"reason": error.detail})
            except Exception:
                logger.exception("the logs cannot be followed")

    async def _pass_on(self, bound: UUID, passed: dict[UUID, None]) -> dict[UUID, None]:
        """Pass on the lines beyond `bound` that were not `passed` yet; all the lines beyond it."""
        seen: dict[UUID, None] = {}
        while True:
            keys = await store.arrived(self._db, bound, _PAGE)
            seen.update((key["id"], None) for key in keys)
            if fresh := [key for key in keys if key["id"] not in passed]:
                for row in await store.lines(self._db, fresh):
                    passed[row["id"]] = None  # should the next page fail
                    for listener in tuple(self._listeners):
                        if listener.wanted.matches(row):
                            self._offer(listener, row["json"])
            if len(keys) < _PAGE:
                return seen
            bound = keys[-1]["id"]

    def _offer(self, listener: Listener, line: str) -> None:
        try:
            listener.lines.put_nowait(line)
        except asyncio.QueueFull:
            self._listeners.discard(listener)
            listener.lines.get_nowait()
            listener.lines.put_nowait(None)


def line_message(line: str) -> str:
    """What is sent to a client for one line."""
    return f'{{"type":"log","log":{line}}}'

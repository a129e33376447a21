"""Takes events in: every batch is one statement, and batches that come while one is being written share the next.

Whoever hands in events goes on only when they are committed, which is what holds a fast sender back.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from locum.domain.errors import Conflict, Invalid, Unavailable
from locum.features.events.schemas import Event
from locum.features.events.store.appending import Writing, append_parameters, appending
from locum.infra.db import RETRYABLE, Db, UniqueConflict

logger = logging.getLogger("locum.events")

AT_ONCE = 1000
"""How many events one statement takes at most."""

_ATTEMPTS = 8

Parameters = Mapping[str, Any]


class Recorder(Protocol):
    """Keeps rows of another feature that are known only from events, in the statement that appends these."""

    def ctes(self) -> Sequence[Writing]:
        """What is written beside the events; the names of its parameters are its own."""
        ...

    def parameters(self, events: Sequence[Event]) -> Parameters:
        """The values for these events."""
        ...

    async def mend(self, db: Db, events: Sequence[Event]) -> Parameters:
        """Values for these events that heed what is there already, after the others ran into a unique index."""
        ...


@dataclass(slots=True)
class _Batch:
    events: Sequence[Event]
    written: asyncio.Future[None]


class Intake:
    """The way into the log for everything that comes from outside, shared by a process."""

    def __init__(self, db: Db, recorders: Sequence[Recorder] = (), appended: Callable[[], None] = lambda: None) -> None:
        """`appended` is called whenever events were committed."""
        self._db = db
        self._recorders = recorders
        self._appended = appended
        self._statement = appending(*(cte for recorder in recorders for cte in recorder.ctes()))
        self._waiting: deque[_Batch] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def accept(self, events: Sequence[Event]) -> None:
        """Write the events and what follows from them; they are committed when this returns.

        Raises Invalid if PostgreSQL cannot hold one of them (then none is kept), Unavailable if it is away.
        """
        if not events:
            return
        batch = _Batch(events, asyncio.get_running_loop().create_future())
        self._waiting.append(batch)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all(), name="event intake")
        await batch.written

    async def accept_each(self, events: Sequence[Event]) -> None:
        """The same, but events that cannot be held are logged and left out. Raises Unavailable."""
        try:
            await self.accept(events)
        except (Invalid, Conflict) as error:
            if len(events) == 1:
                logger.warning("an event was refused", extra={"event_id": str(events[0].id), "reason": error.detail})
                return
            middle = len(events) // 2
            await self.accept_each(events[:middle])
            await self.accept_each(events[middle:])

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batches = [self._waiting.popleft()]
                size = len(batches[0].events)
                while self._waiting and size + len(self._waiting[0].events) <= AT_ONCE:
                    batches.append(self._waiting.popleft())
                    size += len(batches[-1].events)
                await self._write_together(batches)
        except asyncio.CancelledError:
            msg = "The server is stopping."
            for batch in self._waiting:
                _fail(batch, Unavailable(msg))
            raise
        finally:
            self._writer = None

    async def _write_together(self, batches: list[_Batch]) -> None:
        try:
            await self._write([event for batch in batches for event in batch.events])
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits
            if len(batches) == 1:
                _fail(batches[0], error)
                return
            for batch in batches:
                await self._write_together([batch])
            return
        self._appended()
        for batch in batches:
            if not batch.written.done():
                batch.written.set_result(None)

    async def _write(self, events: Sequence[Event]) -> None:
        parameters = [recorder.parameters(events) for recorder in self._recorders]
        appended = append_parameters(events)
        attempt = 0
        while True:
            attempt += 1
            try:
                merged = {name: value for each in parameters for name, value in each.items()}
                await self._db.value(self._statement, **appended, **merged)
                return
            except RETRYABLE:
                if attempt == _ATTEMPTS:
                    raise
            except UniqueConflict:
                if attempt == _ATTEMPTS:
                    raise
                parameters = [await recorder.mend(self._db, events) for recorder in self._recorders]


def _fail(batch: _Batch, error: Exception) -> None:
    if not batch.written.done():
        batch.written.set_exception(error)

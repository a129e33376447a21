"""Hands task runs to the task workers that are connected to this process.

The queue is a table, so there is nothing here that a restart would lose: who waits, and one task that looks for them.
It looks four times a second while somebody waits, at once when this process has put something on offer, and not at all
while nobody is connected. A worker is sent its next run when it has confirmed the last.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from uuid import UUID

from locum.domain.errors import Unavailable
from locum.domain.ids import new_id
from locum.features.task_workers.store import offers, workers
from locum.infra.bell import Bell
from locum.infra.db import RETRYABLE, Db, Executor

logger = logging.getLogger("locum.task_workers")

Read = Callable[[Executor, Collection[UUID]], Awaitable[Mapping[UUID, str]]]
"""Those of the task runs that are still scheduled, as JSON text."""

_EVERY = 0.25
_WHILE_AWAY = 2.0
_REFRESH_EVERY = 20.0
"""Seconds; a third of the time after which a worker that is not refreshed counts as gone, and an offer as free."""


class Taker:
    """One connection of a task worker."""

    def __init__(self, identifier: str, task_keys: Collection[str]) -> None:
        """`identifier` is the worker's own; it need not be the only one to call itself so."""
        self.id = new_id()
        self.identifier = identifier
        self.task_keys = frozenset(task_keys)
        self.handed: asyncio.Queue[str] = asyncio.Queue(1)
        self.holds: UUID | None = None
        """The run that it was handed, until it is noted that the taker has it."""
        self.has_it = False
        """It has said so, but that may not be noted yet."""


class Handout:
    """The takers of this process, and what hands runs to them."""

    def __init__(self, db: Db, read: Read) -> None:
        """Nothing is asked before somebody is connected."""
        self._db = db
        self._read = read
        self._takers: dict[UUID, Taker] = {}
        self._waiting: dict[UUID, Taker] = {}
        self._bell = Bell()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Look at once: something was put on offer."""
        if self._waiting:
            self._bell.ring()

    @asynccontextmanager
    async def joined(self, identifier: str, task_keys: Collection[str]) -> AsyncGenerator[Taker]:
        """A taker; when it goes, what it has not confirmed is given back."""
        taker = Taker(identifier, task_keys)
        await workers.observe(self._db, {identifier: taker.task_keys})
        self._takers[taker.id] = taker
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="task hand-out")
        try:
            yield taker
        finally:
            self._waiting.pop(taker.id, None)
            del self._takers[taker.id]
            self._bell.ring()
            # The connection is over, and its handler may be cancelled at any moment.
            await asyncio.shield(asyncio.create_task(self._leave(taker)))

    async def next(self, taker: Taker) -> str:
        """The next task run for a taker, as JSON text."""
        self._waiting[taker.id] = taker
        self._bell.ring()
        return await taker.handed.get()

    async def confirm(self, taker: Taker) -> None:
        """The taker has what it was handed."""
        if taker.holds is not None:
            taker.has_it = True
            await offers.confirm(self._db, taker.id, taker.holds)
            taker.holds, taker.has_it = None, False

    async def _leave(self, taker: Taker) -> None:
        try:
            if taker.has_it:
                await self.confirm(taker)  # it was broken off: the database failed, or the server is stopping
            if await offers.give_back(self._db, [taker.id]):
                self.wake()
            if taker.identifier not in self._present():
                await workers.forget(self._db, taker.identifier)
        except Unavailable as error:
            # What it held is free again when its time has run out.
            logger.warning("a task worker left unnoticed", extra={"reason": error.detail})

    def _present(self) -> dict[str, set[str]]:
        """The workers that are connected here, and for which tasks."""
        found: dict[str, set[str]] = {}
        for taker in self._takers.values():
            found.setdefault(taker.identifier, set()).update(taker.task_keys)
        return found

    async def _run(self) -> None:
        refreshed = monotonic()
        while self._takers:
            try:
                if monotonic() - refreshed >= _REFRESH_EVERY:
                    await self._refresh()
                    refreshed = monotonic()
                await self._hand_out()
            except (Unavailable, *RETRYABLE) as error:
                logger.warning("task runs could not be handed out", extra={"reason": str(error)})
                await asyncio.sleep(_WHILE_AWAY)
            except Exception:
                logger.exception("task runs could not be handed out")
                await asyncio.sleep(_WHILE_AWAY)
            await self._bell.wait(_EVERY if self._waiting else _REFRESH_EVERY)

    async def _refresh(self) -> None:
        await workers.observe(self._db, self._present())
        # Not what was taken and then, in some failure, not sent: that comes free when its time has run out.
        await offers.hold(self._db, {taker.id: taker.holds for taker in self._takers.values() if taker.holds})

    async def _hand_out(self) -> None:
        served: dict[frozenset[str], list[UUID]] = {}
        for taker in self._waiting.values():
            served.setdefault(taker.task_keys, []).append(taker.id)
        if not served:
            return
        found = frozenset[str]().union(*served)
        if len(served) > 1:
            # One question for all, in the place of one for each that mostly finds nothing.
            found = await offers.on_offer(self._db, found)
        for task_keys, takers in served.items():
            keys = [key for key in task_keys if key in found]
            if keys:
                # No task goes before another because of its name.
                random.shuffle(keys)
                await self._give(await offers.take(self._db, keys, takers))

    async def _give(self, taken: Mapping[UUID, UUID]) -> None:
        """Pass on what was taken; what is not scheduled any more is withdrawn, and its taker waits on."""
        runs = await self._read(self._db, taken.values())
        gone: list[UUID] = []
        for taker_id, task_run_id in taken.items():
            taker, run = self._takers.get(taker_id), runs.get(task_run_id)
            if taker is None:
                gone.append(taker_id)
            elif run is not None:
                del self._waiting[taker_id]
                taker.holds = task_run_id
                taker.handed.put_nowait(run)
        if gone:
            await offers.give_back(self._db, gone)
            self._bell.ring()
        if len(runs) < len(taken):
            await offers.withdraw(self._db, {taker: run for taker, run in taken.items() if run not in runs})
            self._bell.ring()

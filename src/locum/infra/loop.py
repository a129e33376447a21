"""Runs background loops: interval and jitter, one replica at a time, a time limit, backoff, drain.

A loop itself knows none of this. It has `run_once(db, now) -> Report`, which tests call without waiting for anything.
"""

import asyncio
import logging
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import bindparam, func, select

from locum.domain.clock import Clock
from locum.infra.db import Db, prepare

logger = logging.getLogger("locum.loop")

_TRY_LOCK = prepare(select(func.pg_try_advisory_xact_lock(bindparam("family"), bindparam("loop"))))
_FAMILY = 0x6C6F636D  # "locm": the first half of the lock's key, apart from other users of the database
_LONGEST_BACKOFF = 60.0
_LEADING = 2
"""Turns under a lock at the same time: each holds a connection beside those it works on, of which a pool has few."""
_FIRST_TURN_WITHIN = 0.5


@dataclass(frozen=True)
class Report:
    """What one turn did: how much, and whether the batch was full, so that more is likely waiting."""

    done: int = 0
    full: bool = False


class Loop(Protocol):
    """Background work."""

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Do one batch."""
        ...


@dataclass(frozen=True)
class Background:
    """A loop and how it is run; `alone` keeps replicas from taking a turn at the same time. Times are in seconds."""

    name: str
    loop: Loop
    every: float
    alone: bool = True
    limit: float = 60.0


@dataclass
class Pulse:
    """When a loop last began and ended a turn, and how many turns in a row have failed since."""

    every: float
    limit: float
    began: datetime
    ended: datetime
    failures: int = 0

    def late(self, now: datetime) -> bool:
        """Whether a turn ought to have ended by now: the longest wait and the longest turn have passed twice."""
        return now - self.ended > timedelta(seconds=2 * (max(self.every, _LONGEST_BACKOFF) + self.limit))


@dataclass
class Pulses:
    """The pulses of all loops in this process, for `/ready` and `/metrics` to look at."""

    by_name: dict[str, Pulse] = field(default_factory=dict[str, Pulse])

    def stuck(self, now: datetime) -> list[str]:
        """The loops that have not ended a turn for far too long."""
        return [name for name, pulse in self.by_name.items() if pulse.late(now)]


class Runner:
    """Runs loops until it is told to drain."""

    def __init__(self, db: Db, loops: Sequence[Background], clock: Clock) -> None:
        """Nothing runs yet."""
        self.pulses = Pulses()
        self._db = db
        self._loops = loops
        self._clock = clock
        self._draining = asyncio.Event()
        self._leading = asyncio.Semaphore(_LEADING)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to run every loop in a task of its own."""
        now = self._clock()
        for background in self._loops:
            self.pulses.by_name[background.name] = Pulse(background.every, background.limit, now, now)
            self._tasks.append(asyncio.create_task(self._run(background), name=f"loop {background.name}"))

    async def drain(self, seconds: float) -> None:
        """Let turns that have begun come to their end, for so long at most, and begin no more."""
        self._draining.set()
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(self._tasks, timeout=seconds)
        for task in unfinished:
            logger.warning("a loop was cut off", extra={"loop": task.get_name()})
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, background: Background) -> None:
        # Replicas that start together need not do everything at the same moment.
        wait = random.uniform(0, min(background.every, _FIRST_TURN_WITHIN))  # noqa: S311 - guards nothing
        while not await self._drained_within(wait):
            wait = await self.turn(background)

    async def turn(self, background: Background) -> float:
        """One turn of a loop that was started; returns how long to wait for the next."""
        pulse = self.pulses.by_name[background.name]
        pulse.began = self._clock()
        try:
            async with asyncio.timeout(background.limit):
                report = await self._led(background, pulse.began)
        except Exception:
            pulse.failures += 1
            logger.exception("a turn failed", extra={"loop": background.name, "failures": pulse.failures})
            return min(background.every * 2**pulse.failures, max(background.every, _LONGEST_BACKOFF))
        finally:
            pulse.ended = self._clock()
        pulse.failures = 0
        if report.done:
            logger.debug("a turn", extra={"loop": background.name, "done": report.done, "full": report.full})
        return 0.0 if report.full else background.every * random.uniform(0.9, 1.1)  # noqa: S311 - guards nothing

    async def _led(self, background: Background, now: datetime) -> Report:
        if not background.alone:
            return await background.loop.run_once(self._db, now)
        # The lock belongs to a transaction, so it ends with the process and holds through a PgBouncer.
        async with self._leading, self._db.tx() as tx:
            if not await tx.value(_TRY_LOCK, family=_FAMILY, loop=_number(background.name)):
                return Report()
            return await background.loop.run_once(self._db, now)

    async def _drained_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._draining.wait()
        except TimeoutError:
            return False
        return True


def _number(name: str) -> int:
    """The name as a signed 32-bit number, the same in every process."""
    return zlib.crc32(name.encode()) - 2**31

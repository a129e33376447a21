"""Keeps asyncpg connections for reuse, most recently used first.

asyncpg's own pool costs a task and a shield at every release, two thirds more than the statement itself
(docs/decisions/0003-own-connection-list.md); this one costs a list operation.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg


class Connections:
    """At most `limit` open connections; takers beyond that wait, and are handed one in the order in which they came."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], limit: int) -> None:
        """`connect` opens one; nothing is opened before it is needed."""
        self._connect = connect
        self._limit = limit
        self._idle: list[Any] = []
        self._open: set[Any] = set()
        self._pending = 0
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._closing = False

    def free(self) -> Any:
        """A connection that is open and free at this moment, or None."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open.discard(connection)
        return None

    async def take(self) -> Any:
        """A connection that is open and free. Raises what connecting raises; ConnectionError once closing has begun."""
        waited = False
        while True:
            if self._closing:
                msg = "the pool is closed"
                raise ConnectionError(msg)
            if (connection := self.free()) is not None:
                return connection
            if len(self._open) + self._pending < self._limit:
                return await self._opened()
            if (connection := await self._turn(first=waited)) is not None:
                return connection
            waited = True

    def give(self, connection: Any, *, sound: bool) -> None:
        """Take a connection back; one that is not `sound` (a command was cut off in it) is ended."""
        if connection.is_closed() or not sound or self._closing or connection.is_in_transaction():
            self._open.discard(connection)
            connection.terminate()
            self._wake(None)
        elif not self._wake(connection):
            self._idle.append(connection)

    async def close(self) -> None:
        """Close the free connections; those in use end when they are given back."""
        self._closing = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        idle, self._idle = self._idle, []
        for connection in idle:
            self._open.discard(connection)
            try:
                await connection.close(timeout=5)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection.terminate()

    @property
    def size(self) -> tuple[int, int]:
        """How many are open, and how many of those are free."""
        return len(self._open), len(self._idle)

    async def _opened(self) -> Any:
        self._pending += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._wake(None)
            raise
        finally:
            self._pending -= 1
        if self._closing:
            connection.terminate()
            msg = "the pool is closed"
            raise ConnectionError(msg)
        self._open.add(connection)
        return connection

    async def _turn(self, *, first: bool) -> Any:
        """A connection that another has given back, or None: one may be free or be opened. `first` waits before all."""
        turn: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if first:
            self._waiting.appendleft(turn)
        else:
            self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on(turn.result())  # the turn was given to a taker that has gone
            raise

    def _pass_on(self, connection: Any) -> None:
        if connection is None:
            self._wake(None)
        else:
            self.give(connection, sound=True)

    def _wake(self, connection: Any) -> bool:
        """Give the one that waits longest its turn; whether there was one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

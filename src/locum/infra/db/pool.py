"""Runs statements on asyncpg's pool: alone and autocommitted on `Db`, or together in a transaction on `Tx`."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import asyncpg
from sqlalchemy.sql.expression import Executable

from locum.domain.errors import Unavailable
from locum.infra.db.connections import Connections
from locum.infra.db.failures import RETRYABLE, translated, unreachable
from locum.infra.db.statement import Compiler, Prepared

Statement = Prepared | Executable
Row = Mapping[str, Any]
T = TypeVar("T")

_COMPILER = Compiler()
_ATTEMPTS = 5


@dataclass(frozen=True)
class PoolOptions:
    """How the pool behaves; times in seconds. `pooler` means a PgBouncer in transaction mode lies between."""

    url: str
    max_size: int = 10
    statement_timeout: float = 15.0
    acquire_timeout: float = 10.0
    pooler: bool = False
    search_path: str | None = None


class Executor(Protocol):
    """What a store needs: something that runs one statement; a pool or an open transaction."""

    async def value(self, statement: Statement, **params: Any) -> Any:
        """The first column of the first row, or None."""
        ...

    async def row(self, statement: Statement, **params: Any) -> Row | None:
        """The first row, or None."""
        ...

    async def rows(self, statement: Statement, **params: Any) -> list[Row]:
        """All rows."""
        ...

    async def run(self, statement: Statement, **params: Any) -> int:
        """How many rows the statement touched."""
        ...


class Tx:
    """One open transaction."""

    __slots__ = ("_connection", "statements")

    def __init__(self, connection: Any) -> None:
        """Run on `connection`, which has begun."""
        self._connection = connection
        self.statements = 0

    async def value(self, statement: Statement, **params: Any) -> Any:
        """The first column of the first row, or None."""
        sql, arguments = self._rendered(statement, params)
        with translated():
            return await self._connection.fetchval(sql, *arguments)

    async def row(self, statement: Statement, **params: Any) -> Row | None:
        """The first row, or None."""
        sql, arguments = self._rendered(statement, params)
        with translated():
            return cast("Row | None", await self._connection.fetchrow(sql, *arguments))

    async def rows(self, statement: Statement, **params: Any) -> list[Row]:
        """All rows."""
        sql, arguments = self._rendered(statement, params)
        with translated():
            return cast("list[Row]", await self._connection.fetch(sql, *arguments))

    async def run(self, statement: Statement, **params: Any) -> int:
        """How many rows the statement touched."""
        sql, arguments = self._rendered(statement, params)
        with translated():
            return _touched(await self._connection.execute(sql, *arguments))

    def _rendered(self, statement: Statement, params: Mapping[str, Any]) -> tuple[str, Any]:
        self.statements += 1
        if isinstance(statement, Prepared):
            return statement.sql, statement.arguments(params)
        return _COMPILER.render(statement, params)


class Db:
    """The pool; each of its statements is a transaction of its own."""

    def __init__(self, options: PoolOptions) -> None:
        """Nothing is opened before it is needed, so a database that is away is no error here."""
        self._options = options
        self._connections = Connections(self._connect, options.max_size)
        self.statements = 0

    async def close(self) -> None:
        """Close every connection; statements that still run end first."""
        await self._connections.close()

    @property
    def size(self) -> tuple[int, int]:
        """How many connections are open, and how many of those are free."""
        return self._connections.size

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Any]:
        """A raw connection for what needs one of its own (LISTEN, advisory locks).

        Raises Unavailable if none is free in time or the database is away.
        """
        connection = await self._take()
        sound = False
        try:
            yield connection
            sound = True
        except Exception as error:
            sound = _left_sound(error)
            raise
        finally:
            self._connections.give(connection, sound=sound)

    @asynccontextmanager
    async def tx(self) -> AsyncGenerator[Tx]:
        """An open transaction: committed at the end of the block, rolled back if the block raises."""
        async with self.session() as connection:
            with translated():
                await connection.execute("BEGIN")
            tx = Tx(connection)
            try:
                yield tx
            except Exception as error:
                if _left_sound(error):
                    await _undo(connection)
                raise
            else:
                with translated():
                    ended = await connection.execute("COMMIT")
                if ended != "COMMIT":
                    msg = "a statement of this transaction failed, the error was passed over, and nothing was written"
                    raise RuntimeError(msg)
            finally:
                self.statements += tx.statements + 2

    async def transact(self, work: Callable[[Tx], Awaitable[T]], *, attempts: int = _ATTEMPTS) -> T:
        """Run `work` in a transaction, anew when the database asks for it (serialization failure, deadlock).

        Raises Unavailable when that keeps happening.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self.tx() as tx:
                    return await work(tx)
            except RETRYABLE as error:
                await _paused(attempt, attempts, error)

    async def value(self, statement: Statement, **params: Any) -> Any:
        """The first column of the first row, or None."""
        return await self._alone(Tx.value, statement, params)

    async def row(self, statement: Statement, **params: Any) -> Row | None:
        """The first row, or None."""
        return await self._alone(Tx.row, statement, params)

    async def rows(self, statement: Statement, **params: Any) -> list[Row]:
        """All rows."""
        return await self._alone(Tx.rows, statement, params)

    async def run(self, statement: Statement, **params: Any) -> int:
        """How many rows the statement touched."""
        return await self._alone(Tx.run, statement, params)

    async def _alone(self, method: Callable[..., Awaitable[Any]], statement: Statement, params: dict[str, Any]) -> Any:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._once(method, statement, params)
            except RETRYABLE as error:
                await _paused(attempt, _ATTEMPTS, error)

    async def _once(self, method: Callable[..., Awaitable[Any]], statement: Statement, params: dict[str, Any]) -> Any:
        connection = await self._take()
        self.statements += 1
        sound = False
        try:
            answer = await method(Tx(connection), statement, **params)
            sound = True
        except Exception as error:
            sound = _left_sound(error)
            raise
        else:
            return answer
        finally:
            self._connections.give(connection, sound=sound)

    async def _take(self) -> Any:
        # a timeout costs more than all else here, and one that is free needs none
        if (connection := self._connections.free()) is not None:
            return connection
        with translated():
            try:
                async with asyncio.timeout(self._options.acquire_timeout):
                    return await self._connections.take()
            except TimeoutError as error:
                msg = "The database has no connection free."
                raise Unavailable(msg, retry_after=1) from error

    async def _connect(self) -> Any:
        options = self._options
        session = {"timezone": "UTC", "application_name": "locum"}
        if not options.pooler:
            session["statement_timeout"] = str(int(options.statement_timeout * 1000))
            session["jit"] = "off"
            if options.search_path:
                session["search_path"] = options.search_path
        connect: Callable[..., Awaitable[Any]] = getattr(asyncpg, "connect")  # noqa: B009  (its own types are incomplete)
        try:
            return await connect(
                options.url,
                statement_cache_size=0 if options.pooler else 1000,
                command_timeout=options.statement_timeout + 5,
                server_settings=session,
            )
        except asyncpg.PostgresError as error:
            # whatever PostgreSQL's reason not to let anybody in: it is starting, full, being restored
            raise unreachable() from error


def _left_sound(error: Exception) -> bool:
    """Whether the connection may serve others after this error: not where it broke, or was in the midst of something.

    One that is about to close does not say so yet.
    """
    return not isinstance(error, Unavailable)


async def _undo(connection: Any) -> None:
    """Roll back; a connection that cannot even do that is ended, and with it the transaction."""
    try:
        await connection.execute("ROLLBACK")
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        connection.terminate()


async def _paused(attempt: int, attempts: int, error: Exception) -> None:
    """Let others pass before the next attempt. Raises Unavailable after the last."""
    if attempt >= attempts:
        msg = "The database is too busy with others who change the same rows."
        raise Unavailable(msg, retry_after=1) from error
    await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  (jitter is no secret)


def _touched(status: str) -> int:
    """The count at the end of a command tag such as `UPDATE 3`; 0 where there is none."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0

"""Statements and transactions on a real PostgreSQL, and what becomes of them when it fails or is away."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import BigInteger, Integer, SmallInteger, Text, Uuid, bindparam, text

from locum.domain.errors import Invalid, NotFound, Unavailable
from locum.infra.db import Db, PoolOptions, Tx, UniqueConflict, prepare
from locum.infra.postgres import EmbeddedPostgres

_NAMES = text("SELECT name FROM thing ORDER BY name")
_INSERT = prepare(text("INSERT INTO thing (name) VALUES (:name)").bindparams(bindparam("name", type_=Text)))
_PID = "SELECT pg_backend_pid()"
_PIDS = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")


@pytest.fixture
async def things(db: Db) -> AsyncIterator[Db]:
    """A pool on a database with a table for these tests."""
    await db.run(text("CREATE TABLE thing (name text PRIMARY KEY, amount integer NOT NULL DEFAULT 0)"))
    yield db
    await db.run(text("DROP TABLE thing"))


def _all_free(db: Db) -> bool:
    opened, free = db.size
    return opened == free


async def _names(db: Db) -> list[str]:
    return [row["name"] for row in await db.rows(_NAMES)]


@asynccontextmanager
async def _pool(url: str, **options: Any) -> AsyncGenerator[Db]:
    db = Db(PoolOptions(url=url, **options))
    try:
        yield db
    finally:
        await db.close()


class TestStatements:
    async def test_answers(self, things: Db):
        assert [await things.run(_INSERT, name=name) for name in "ab"] == [1, 1]
        assert await things.value(text("SELECT count(*) FROM thing")) == 2
        assert await things.value(text("SELECT name FROM thing WHERE name = 'c'")) is None
        assert await things.row(text("SELECT name FROM thing WHERE name = 'c'")) is None
        row = await things.row(text("SELECT name, amount FROM thing WHERE name = 'a'"))
        assert row is not None
        assert dict(row) == {"name": "a", "amount": 0}
        assert await _names(things) == ["a", "b"]
        assert await things.run(text("UPDATE thing SET amount = 1")) == 2
        assert await things.run(text("CREATE TABLE other ()")) == 0

    async def test_a_key_taken_names_its_constraint(self, things: Db):
        await things.run(_INSERT, name="a")
        with pytest.raises(UniqueConflict) as conflict:
            await things.run(_INSERT, name="a")
        assert conflict.value.constraint == "thing_pkey"
        assert await _names(things) == ["a"]

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (SmallInteger, 2**15),
            (Integer, 2**40),
            (BigInteger, 2**70),
            (Integer, "seven"),
            (Text, 5),
            (Text, "a\0b"),
            (Text, "\ud800"),
            (Uuid, "no uuid"),
        ],
    )
    async def test_what_cannot_be_stored_is_invalid(self, db: Db, kind: Any, value: Any):
        names = {SmallInteger: "smallint", Integer: "integer", BigInteger: "bigint", Text: "text", Uuid: "uuid"}
        statement = text(f"SELECT CAST(:value AS {names[kind]})").bindparams(bindparam("value", type_=kind))
        with pytest.raises(Invalid, match="cannot be stored"):
            await db.value(statement, value=value)
        assert await db.value(text("SELECT 1")) == 1
        assert _all_free(db)

    async def test_a_statement_out_of_time(self, own_url: str):
        async with _pool(own_url, statement_timeout=0.05) as db:
            with pytest.raises(Unavailable, match="too long") as late:
                await db.value(text("SELECT pg_sleep(20)"))
            assert late.value.retry_after
            assert await db.value(text("SELECT 1")) == 1

    async def test_cancelling_leaves_no_connection_in_the_midst_of_something(self, db: Db):
        running = asyncio.create_task(db.value(text("SELECT pg_sleep(20)")))
        async with db.session() as watching:
            while not await watching.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%_sleep(20)'"
                " AND state = 'active' AND pid <> pg_backend_pid()"
            ):
                await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await asyncio.gather(*(db.value(text("SELECT 1")) for _ in range(20))) == [1] * 20


class TestTx:
    async def test_commits_at_the_end(self, things: Db):
        before = things.statements
        async with things.tx() as tx:
            await tx.run(_INSERT, name="a")
            assert await _names(things) == []
        assert await _names(things) == ["a"]
        assert things.statements - before == 5, "BEGIN and COMMIT count"

    async def test_rolls_back_when_the_block_raises(self, things: Db):
        with pytest.raises(NotFound):  # noqa: PT012  (the block is what raises)
            async with things.tx() as tx:
                await tx.run(_INSERT, name="a")
                raise NotFound("nothing")
        assert await _names(things) == []
        assert _all_free(things)

    async def test_rolls_back_when_a_statement_fails(self, things: Db):
        with pytest.raises(UniqueConflict):  # noqa: PT012  (the block is what raises)
            async with things.tx() as tx:
                await tx.run(_INSERT, name="a")
                await tx.run(_INSERT, name="a")
        assert await _names(things) == []
        assert _all_free(things)

    async def test_a_failure_passed_over_is_not_taken_for_success(self, things: Db):
        with pytest.raises(RuntimeError, match="nothing was written"):  # noqa: PT012  (the block is what raises)
            async with things.tx() as tx:
                await tx.run(_INSERT, name="a")
                with pytest.raises(UniqueConflict):
                    await tx.run(_INSERT, name="a")
        assert await _names(things) == []

    async def test_rolls_back_when_cancelled(self, things: Db):
        begun = asyncio.Event()

        async def never_ends() -> None:
            async with things.tx() as tx:
                await tx.run(_INSERT, name="a")
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(never_ends())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # were it open still, this would wait for it
        assert await things.run(_INSERT, name="a") == 1

    async def test_a_connection_lost_on_the_way(self, things: Db):
        with pytest.raises(Unavailable, match="not available"):  # noqa: PT012  (the block is what raises)
            async with things.tx() as tx:
                await tx.run(_INSERT, name="a")
                pid = await tx.value(text(_PID))
                assert await things.value(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
                await tx.run(_INSERT, name="b")
        assert await _names(things) == []

    async def test_a_connection_lost_before_the_block_raises(self, things: Db):
        with pytest.raises(NotFound):  # noqa: PT012  (the block is what raises)
            async with things.tx() as tx:
                pid = await tx.value(text(_PID))
                assert await things.value(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
                raise NotFound("nothing")
        assert await _names(things) == []

    async def test_a_connection_lost_before_the_commit(self, things: Db):
        with pytest.raises(Unavailable):  # noqa: PT012  (the block is what raises)
            async with things.tx() as tx:
                await tx.run(_INSERT, name="a")
                pid = await tx.value(text(_PID))
                assert await things.value(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
        assert await _names(things) == []


class TestTransact:
    async def test_two_who_read_what_the_other_writes(self, things: Db):
        """Both count and insert at the highest isolation; one is told to begin anew and then sees the other's."""
        both_read = asyncio.Barrier(2)
        attempts: list[int] = []

        async def work(tx: Tx, name: str) -> int:
            await tx.run(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
            found: int = await tx.value(text("SELECT count(*) FROM thing"))
            attempts.append(found)
            if len(attempts) <= 2:
                await both_read.wait()
            await tx.run(_INSERT, name=name)
            return found

        found = await asyncio.gather(*(things.transact(lambda tx, name=name: work(tx, name)) for name in "ab"))
        assert sorted(found) == [0, 1]
        assert attempts == [0, 0, 1]
        assert await _names(things) == ["a", "b"]

    async def test_two_who_wait_for_each_other(self, things: Db):
        for name in "ab":
            await things.run(_INSERT, name=name)
        both_hold = asyncio.Barrier(2)
        attempts: list[str] = []
        add = text("UPDATE thing SET amount = amount + 1 WHERE name = :name").bindparams(bindparam("name", type_=Text))

        async def work(tx: Tx, first: str, second: str) -> None:
            await tx.run(text("SET LOCAL deadlock_timeout = '20ms'"))
            await tx.run(add, name=first)
            attempts.append(first)
            if len(attempts) <= 2:
                await both_hold.wait()
            await tx.run(add, name=second)

        await asyncio.gather(
            things.transact(lambda tx: work(tx, "a", "b")), things.transact(lambda tx: work(tx, "b", "a"))
        )
        assert len(attempts) == 3
        assert [row["amount"] for row in await things.rows(text("SELECT amount FROM thing"))] == [2, 2]

    async def test_gives_up_when_it_keeps_happening(self, things: Db):
        attempts = 0

        async def work(tx: Tx) -> None:
            nonlocal attempts
            attempts += 1
            await tx.run(text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$"))

        with pytest.raises(Unavailable, match="too busy"):
            await things.transact(work, attempts=2)
        assert attempts == 2
        with pytest.raises(Unavailable, match="too busy"):
            await things.run(text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40P01'; END $$"))

    async def test_other_failures_are_raised_at_once(self, things: Db):
        attempts = 0

        async def work(tx: Tx) -> None:
            nonlocal attempts
            attempts += 1
            await tx.run(_INSERT, name="a")
            raise NotFound("nothing")

        with pytest.raises(NotFound):
            await things.transact(work)
        assert attempts == 1


class TestHealing:
    async def test_every_connection_was_ended(self, own_url: str):
        async with _pool(own_url, max_size=5) as db, _pool(own_url) as admin:
            await asyncio.gather(*(db.value(text("SELECT pg_sleep(0.02)")) for _ in range(5)))
            assert db.size == (5, 5)
            for row in await admin.rows(_PIDS):
                assert await admin.value(text(f"SELECT pg_terminate_backend({row['pid']}, 5000)"))
            refused = 0
            for _ in range(6):
                try:
                    assert await db.value(text("SELECT 1")) == 1
                except Unavailable:
                    refused += 1
            assert refused <= 5, "each connection fails once at the most"
            assert await asyncio.gather(*(db.value(text("SELECT 1")) for _ in range(10))) == [1] * 10

    async def test_ended_in_the_midst_of_statements(self, own_url: str):
        async with _pool(own_url, max_size=3) as db, _pool(own_url) as admin:
            running = [asyncio.create_task(db.value(text("SELECT pg_sleep(20)"))) for _ in range(6)]
            ended = 0
            while ended < 6:  # three run at a time
                for row in await admin.rows(_PIDS):
                    ended += await admin.value(text(f"SELECT pg_terminate_backend({row['pid']}, 5000)"))
            for task in running:
                with pytest.raises(Unavailable):
                    await task
            assert await db.value(text("SELECT 1")) == 1

    async def test_nobody_listens_there(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with _pool(f"postgresql://me@127.0.0.1:{port}/none") as db:
            for _ in range(3):
                with pytest.raises(Unavailable, match="not available") as away:
                    await db.value(text("SELECT 1"))
                assert away.value.retry_after
            with pytest.raises(Unavailable):
                async with db.tx():
                    pass
            with pytest.raises(Unavailable):
                await db.transact(lambda tx: tx.value(text("SELECT 1")))
            assert db.size == (0, 0)

    async def test_a_database_that_is_not_there(self, own_url: str):
        url = own_url.replace(own_url.rpartition("/")[2].partition("?")[0], "no_such_database")
        async with _pool(url) as db:
            with pytest.raises(Unavailable):
                await db.value(text("SELECT 1"))

    async def test_it_comes_back(self, postgres: EmbeddedPostgres, own_url: str):
        """Away and back, twice: only what was asked meanwhile is refused."""
        async with _pool(own_url) as db, _pool(postgres.url("postgres")) as admin:
            for _ in range(2):
                name, pid = await db.value(text("SELECT current_database()")), await db.value(text(_PID))
                await admin.run(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
                assert await admin.value(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
                for _ in range(3):
                    with pytest.raises(Unavailable):
                        await db.value(text("SELECT 1"))
                await admin.run(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
                assert await db.value(text("SELECT 1")) == 1

    async def test_none_is_free_in_time(self, own_url: str, monkeypatch: pytest.MonkeyPatch):
        async with _pool(own_url, max_size=1) as db:
            async with db.session():
                # from here on: connecting took what it took
                monkeypatch.setattr(db, "_options", PoolOptions(url=own_url, acquire_timeout=0.02))
                with pytest.raises(Unavailable, match="no connection free"):
                    await db.value(text("SELECT 1"))
            assert await db.value(text("SELECT 1")) == 1

    async def test_a_closed_pool(self, own_url: str):
        db = Db(PoolOptions(url=own_url))
        assert await db.value(text("SELECT 1")) == 1
        await db.close()
        with pytest.raises(Unavailable):
            await db.value(text("SELECT 1"))

    async def test_behind_a_pooler(self, own_url: str):
        """No named statements, so that each may be run by another connection."""
        async with _pool(own_url, pooler=True) as db:
            assert [await db.value(text("SELECT 1")) for _ in range(3)] == [1, 1, 1]
            assert await db.value(text("SELECT count(*) FROM pg_prepared_statements")) <= 1

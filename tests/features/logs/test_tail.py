"""Following the logs: what is told to whom, when lines come late, and what becomes of slow listeners."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest

from locum.domain.clock import now
from locum.domain.errors import Unavailable
from locum.domain.ids import new_id
from locum.features.logs import store, tail
from locum.features.logs.schemas import LogCreate
from locum.features.logs.tail import Listener, LogTail, TooSlow
from locum.filters.logs import LogFilter
from locum.infra.db import Db, Executor


async def _write(ex: Executor, *messages: str, level: int = 20) -> None:
    lines = [{"name": "l", "level": level, "message": message, "timestamp": now()} for message in messages]
    await store.insert_many(ex, [LogCreate.model_validate(one) for one in lines])


async def _heard(listener: Listener, count: int) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(10):
        async for line in listener:
            found.append(orjson.loads(line)["message"])
            if len(found) == count:
                break
    return found


@pytest.fixture
def following(db: Db) -> LogTail:
    """A tail that looks without a pause."""
    return LogTail(db, now, every=0)


ALL = LogFilter.model_validate({})
ERRORS = LogFilter.model_validate({"level": {"ge_": 40}})


class TestListening:
    async def test_two_listeners_share_one_reader(self, db: Db, following: LogTail):
        async with following.listen(ALL) as first, following.listen(ERRORS) as second:
            readers = [task for task in asyncio.all_tasks() if task.get_name() == "log tail"]
            await _write(db, "a", "b")
            await _write(db, "c", level=40)
            assert await _heard(first, 3) == ["a", "b", "c"]
            assert await _heard(second, 1) == ["c"]
        assert len(readers) == 1
        await asyncio.wait(readers, timeout=10)
        assert readers[0].done(), "nobody listens, nothing is read"

    async def test_each_line_once(self, db: Db, following: LogTail):
        async with following.listen(ALL) as listener:
            for n in range(20):
                await _write(db, f"{n}")
            assert await _heard(listener, 20) == [str(n) for n in range(20)]
            await _write(db, "last")
            assert await _heard(listener, 1) == ["last"]

    async def test_more_than_a_page_at_once(self, db: Db, following: LogTail, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(tail, "_PAGE", 7)
        async with following.listen(ALL) as listener:
            await _write(db, *map(str, range(100)))
            assert await _heard(listener, 100) == [str(n) for n in range(100)]

    async def test_nothing_from_before(self, db: Db, following: LogTail):
        await _write(db, "old")
        moment = now()
        while now() - moment < timedelta(milliseconds=2):
            await asyncio.sleep(0)
        async with following.listen(ALL) as listener:
            await _write(db, "new")
            assert await _heard(listener, 1) == ["new"]

    async def test_a_line_that_is_committed_late(self, db: Db, following: LogTail):
        """Its id is older than that of a line heard already."""
        async with following.listen(ALL) as listener:
            async with db.tx() as tx:
                await _write(tx, "late")
                await _write(db, "early")
                assert await _heard(listener, 1) == ["early"]
            assert await _heard(listener, 1) == ["late"]

    async def test_who_comes_when_the_last_has_gone(self, db: Db, following: LogTail):
        for message in "ab":
            async with following.listen(ALL) as listener:
                await _write(db, message)
                assert (await _heard(listener, 1))[-1] in "ab"

    async def test_goes_on_after_failures(self, db: Db, following: LogTail, monkeypatch: pytest.MonkeyPatch):
        failures: list[Exception] = [Unavailable("away"), ValueError("a bug"), Unavailable("away")]
        arrived = store.arrived

        async def failing(*given: Any) -> Any:
            if failures:
                raise failures.pop()
            return await arrived(*given)

        monkeypatch.setattr(store, "arrived", failing)
        async with following.listen(ALL) as listener:
            await _write(db, "a")
            assert await _heard(listener, 1) == ["a"]
        assert failures == []

    async def test_old_lines_are_looked_at_by_their_key_alone(
        self, db: Db, following: LogTail, monkeypatch: pytest.MonkeyPatch
    ):
        read: list[int] = []
        lines = store.lines

        async def counted(ex: Executor, keys: Any) -> Any:
            read.append(len(keys))
            return await lines(ex, keys)

        monkeypatch.setattr(store, "lines", counted)
        async with following.listen(ALL) as listener:
            for n in range(10):
                await _write(db, f"{n}")
                await _heard(listener, 1)
        assert sum(read) == 10


class TestSlowListeners:
    async def test_are_dropped_and_told(self, db: Db, following: LogTail, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(tail, "_MOST_WAITING", 5)
        async with following.listen(ALL) as slow:
            await _write(db, *map(str, range(8)))
            async with asyncio.timeout(10):
                while not slow.lines.full():
                    await asyncio.sleep(0)
            async with following.listen(ALL) as quick:
                await _write(db, str(new_id()))
                await _heard(quick, 1)
            with pytest.raises(TooSlow):
                await _heard(slow, 8)

"""Keeping connections: how many there are, who gets one when, and what becomes of those that broke."""

import asyncio
from typing import Any

import pytest

from locum.infra.db.connections import Connections


class _Connection:
    def __init__(self) -> None:
        self.closed = False
        self.begun = False
        self.stuck = False

    def is_closed(self) -> bool:
        return self.closed

    def is_in_transaction(self) -> bool:
        return self.begun

    def terminate(self) -> None:
        self.closed = True

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109  (as asyncpg has it)
        if self.stuck:
            raise TimeoutError(timeout)
        self.closed = True


class _Server:
    """Opens connections, at once or when told."""

    def __init__(self) -> None:
        self.opened: list[_Connection] = []
        self.failure: Exception | None = None
        self.held: asyncio.Event | None = None

    async def connect(self) -> _Connection:
        if self.held is not None:
            await self.held.wait()
        if self.failure is not None:
            raise self.failure
        self.opened.append(_Connection())
        return self.opened[-1]


@pytest.fixture
def server() -> _Server:
    return _Server()


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def _waiting(connections: Connections, names: str, order: list[tuple[str, Any]]) -> list[asyncio.Task[None]]:
    async def take(name: str) -> None:
        order.append((name, await connections.take()))

    return [asyncio.create_task(take(name)) for name in names]


class TestTaking:
    async def test_the_most_recently_used_is_taken_first(self, server: _Server):
        connections = Connections(server.connect, 3)
        first, second = await connections.take(), await connections.take()
        connections.give(first, sound=True)
        connections.give(second, sound=True)
        assert await connections.take() is second
        assert connections.size == (2, 1)

    async def test_no_more_than_the_limit_is_opened(self, server: _Server):
        connections = Connections(server.connect, 2)

        async def use() -> None:
            connection = await connections.take()
            await asyncio.sleep(0)
            connections.give(connection, sound=True)

        await asyncio.gather(*(use() for _ in range(50)))
        assert len(server.opened) == 2
        assert connections.size == (2, 2)

    async def test_those_who_wait_come_before_those_who_come_later(self, server: _Server):
        connections = Connections(server.connect, 1)
        held = await connections.take()
        order: list[tuple[str, Any]] = []
        tasks = _waiting(connections, "abc", order)
        await _settle()
        for expected in "abc":
            connections.give(held, sound=True)
            assert connections.free() is None, "the one who waits has it already"
            await _settle()
            assert order[-1] == (expected, held)
        await asyncio.gather(*tasks)

    async def test_a_place_left_by_a_broken_one_goes_to_who_waits_longest(self, server: _Server):
        connections = Connections(server.connect, 1)
        held = await connections.take()
        order: list[tuple[str, Any]] = []
        tasks = _waiting(connections, "ab", order)
        await _settle()
        connections.give(held, sound=False)
        thief = asyncio.create_task(connections.take())
        await _settle()
        assert [name for name, _ in order] == ["a"]
        connections.give(order[-1][1], sound=True)
        await _settle()
        assert [name for name, _ in order] == ["a", "b"]
        connections.give(order[-1][1], sound=True)
        await asyncio.gather(thief, *tasks)

    async def test_one_who_gives_up_waiting_loses_nothing(self, server: _Server):
        connections = Connections(server.connect, 1)
        held = await connections.take()
        order: list[tuple[str, Any]] = []
        first, second = _waiting(connections, "ab", order)
        await _settle()
        connections.give(held, sound=True)  # the turn is a's
        first.cancel()
        await _settle()
        assert order == [("b", held)]
        connections.give(held, sound=True)
        assert connections.size == (1, 1)
        await second

    async def test_who_gave_up_before_is_passed_over(self, server: _Server):
        connections = Connections(server.connect, 1)
        held = await connections.take()
        order: list[tuple[str, Any]] = []
        first, second = _waiting(connections, "ab", order)
        await _settle()
        first.cancel()
        await _settle()
        connections.give(held, sound=False)
        await second
        assert [name for name, _ in order] == ["b"]

    async def test_a_failure_to_connect_leaves_room_for_the_next(self, server: _Server):
        connections = Connections(server.connect, 1)
        server.failure = ConnectionRefusedError()
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                await connections.take()
        server.failure = None
        assert await connections.take()

    async def test_a_failure_to_connect_wakes_who_waits(self, server: _Server):
        connections = Connections(server.connect, 1)
        server.held, server.failure = asyncio.Event(), ConnectionRefusedError()
        opening = asyncio.create_task(connections.take())
        await _settle()
        waiting = asyncio.create_task(connections.take())
        await _settle()
        server.held.set()
        for task in (opening, waiting):
            with pytest.raises(ConnectionRefusedError):
                await task

    async def test_cancelling_who_connects_leaves_room(self, server: _Server):
        connections = Connections(server.connect, 1)
        server.held = asyncio.Event()
        opening = asyncio.create_task(connections.take())
        await _settle()
        opening.cancel()
        await _settle()
        server.held.set()
        assert await connections.take()
        assert connections.size == (1, 0)


class TestGiving:
    @pytest.mark.parametrize("flaw", ["unsound", "closed", "in a transaction"])
    async def test_what_may_not_serve_others_is_ended(self, server: _Server, flaw: str):
        connections = Connections(server.connect, 1)
        taken = await connections.take()
        taken.closed, taken.begun = flaw == "closed", flaw == "in a transaction"
        connections.give(taken, sound=flaw != "unsound")
        assert taken.closed
        assert connections.size == (0, 0)
        assert await connections.take() is not taken

    async def test_one_that_closed_while_free_is_not_taken(self, server: _Server):
        connections = Connections(server.connect, 2)
        one = await connections.take()
        connections.give(one, sound=True)
        one.closed = True
        assert connections.free() is None
        assert await connections.take() is not one
        assert connections.size == (1, 0)


class TestClosing:
    async def test_free_ones_are_closed_and_others_when_given_back(self, server: _Server):
        connections = Connections(server.connect, 3)
        free, stuck, used = [await connections.take() for _ in range(3)]
        stuck.stuck = True
        connections.give(stuck, sound=True)
        connections.give(free, sound=True)
        await connections.close()
        assert (free.closed, stuck.closed, used.closed) == (True, True, False)
        connections.give(used, sound=True)
        assert used.closed
        assert connections.size == (0, 0)

    async def test_who_waits_or_comes_then_is_refused(self, server: _Server):
        connections = Connections(server.connect, 1)
        await connections.take()
        waiting = asyncio.create_task(connections.take())
        await _settle()
        await connections.close()
        for task in (waiting, asyncio.create_task(connections.take())):
            with pytest.raises(ConnectionError, match="closed"):
                await task

    async def test_one_opened_meanwhile_is_ended(self, server: _Server):
        connections = Connections(server.connect, 1)
        server.held = asyncio.Event()
        opening = asyncio.create_task(connections.take())
        await _settle()
        await connections.close()
        server.held.set()
        with pytest.raises(ConnectionError, match="closed"):
            await opening
        assert server.opened[0].closed

"""How loops are run: in turn, one replica at a time, not after an error in haste, and to the end of a turn."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import literal, select

from locum.domain.clock import now
from locum.infra.db import Db, PoolOptions
from locum.infra.loop import Background, Pulse, Report, Runner

ALWAYS = 3600.0


class Counting:
    """Counts its turns and does in each what it was told."""

    def __init__(self, *does: Callable[[], Report]) -> None:
        self.turns = 0
        self.reached = asyncio.Event()
        self._does = does or (Report,)

    async def run_once(self, db: Db, now: datetime) -> Report:
        self.turns += 1
        if self.turns >= len(self._does):
            self.reached.set()
        return self._does[min(self.turns, len(self._does)) - 1]()


def fail() -> Report:
    msg = "on purpose"
    raise RuntimeError(msg)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locum.infra.loop._FIRST_TURN_WITHIN", 0.0)


class TestTurns:
    async def test_a_full_batch_means_go_round_again(self, own_db: Db):
        loop = Counting(lambda: Report(9, full=True), lambda: Report(9, full=True), Report)
        runner = Runner(own_db, [Background("one", loop, ALWAYS)], now)
        runner.start()
        await loop.reached.wait()
        await runner.drain(5)
        assert loop.turns == 3

    async def test_an_error_is_logged_and_tried_again(self, own_db: Db, caplog: pytest.LogCaptureFixture):
        loop = Counting(fail, fail, Report)
        runner = Runner(own_db, [Background("one", loop, 0.001)], now)
        runner.start()
        await loop.reached.wait()
        await runner.drain(5)
        assert [record.message for record in caplog.records] == ["a turn failed"] * 2

    async def test_the_wait_grows_with_every_failure(self, own_db: Db):
        runner = Runner(own_db, [], now)
        background = Background("one", Counting(fail), 10.0)
        runner.pulses.by_name["one"] = Pulse(10.0, 60.0, now(), now())
        waits = [await runner.turn(background) for _ in range(4)]
        assert waits == [20.0, 40.0, 60.0, 60.0]

    async def test_a_turn_without_end_is_cut_off(self, own_db: Db, caplog: pytest.LogCaptureFixture):
        class Endless:
            async def run_once(self, db: Db, now: datetime) -> Report:
                await asyncio.Event().wait()
                return Report()

        runner = Runner(own_db, [], now)
        runner.pulses.by_name["one"] = Pulse(1.0, 0.01, now(), now())
        await runner.turn(Background("one", Endless(), 1.0, limit=0.01))
        assert runner.pulses.by_name["one"].failures == 1


class TestReplicas:
    async def test_only_one_takes_a_turn_at_a_time(self, own_db: Db):
        inside, leave = asyncio.Event(), asyncio.Event()

        class Slow:
            async def run_once(self, db: Db, now: datetime) -> Report:
                inside.set()
                await leave.wait()
                return Report(1)

        other = Counting()
        first = Runner(own_db, [Background("same", Slow(), ALWAYS)], now)
        second = Runner(own_db, [], now)
        second.pulses.by_name["same"] = Pulse(ALWAYS, 60.0, now(), now())
        first.start()
        await inside.wait()
        await second.turn(Background("same", other, ALWAYS))
        assert other.turns == 0
        leave.set()
        await first.drain(5)
        await second.turn(Background("same", other, ALWAYS))
        assert other.turns == 1

    async def test_loops_that_share_by_rows_run_everywhere(self, own_db: Db):
        loop = Counting()
        runners = [Runner(own_db, [Background("same", loop, ALWAYS, alone=False)], now) for _ in range(2)]
        for runner in runners:
            runner.start()
        while loop.turns < 2:
            await asyncio.sleep(0)
        for runner in runners:
            await runner.drain(5)


class TestDrain:
    async def test_a_turn_that_began_comes_to_its_end(self, own_db: Db):
        inside = asyncio.Event()
        ended: list[int] = []

        class Working:
            async def run_once(self, db: Db, now: datetime) -> Report:
                inside.set()
                for _ in range(50):
                    await asyncio.sleep(0)
                ended.append(1)
                return Report(full=True)

        runner = Runner(own_db, [Background("one", Working(), ALWAYS)], now)
        runner.start()
        await inside.wait()
        await runner.drain(5)
        assert ended == [1]


class TestPulse:
    def test_a_stuck_loop_shows(self):
        began = datetime(2026, 1, 1, tzinfo=UTC)
        pulse = Pulse(every=5, limit=30, began=began, ended=began)
        assert not pulse.late(began + timedelta(seconds=150))
        assert pulse.late(began + timedelta(seconds=200))


class TestConnections:
    async def test_loops_under_a_lock_leave_connections_to_work_with(self, own_url: str):
        class Working:
            """Takes the connection that every loop needs beside the one that holds its lock."""

            def __init__(self) -> None:
                self.done = asyncio.Event()

            async def run_once(self, db: Db, now: datetime) -> Report:
                await db.value(select(literal(1)))
                self.done.set()
                return Report(1)

        db = Db(PoolOptions(own_url, max_size=3, acquire_timeout=5))
        loops = [Working() for _ in range(6)]
        runner = Runner(db, [Background(f"loop {n}", loop, ALWAYS) for n, loop in enumerate(loops)], now)
        runner.start()
        await asyncio.wait_for(asyncio.gather(*(loop.done.wait() for loop in loops)), 4)
        await runner.drain(5)
        await db.close()
        assert [pulse.failures for pulse in runner.pulses.by_name.values()] == [0] * 6

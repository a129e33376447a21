"""What hands task runs out, where something fails in between."""

import asyncio
from collections.abc import Collection, Mapping
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text, update

from locum.domain.clock import now
from locum.domain.errors import Unavailable
from locum.domain.ids import new_id
from locum.features.task_runs.callers import Caller
from locum.features.task_runs.commands import create
from locum.features.task_runs.schemas import TaskRunCreate
from locum.features.task_runs.store.runs import scheduled
from locum.features.task_workers import handing
from locum.features.task_workers.handing import Handout
from locum.features.task_workers.store import offers
from locum.infra.db import Db, Executor
from locum.tables.task_runs import task_run
from locum.tables.task_workers import task_offer

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing, "_WHILE_AWAY", 0.0)
    monkeypatch.setattr(handing, "_EVERY", 0.01)
    monkeypatch.setattr(handing, "_REFRESH_EVERY", 0.0)


async def _delay(db: Db) -> UUID:
    run_id = new_id()
    state = {"type": "SCHEDULED", "state_details": {"deferred": True}}
    body = {"id": run_id, "task_key": "k", "dynamic_key": str(run_id), "flow_run_id": None, "state": state}
    await create(db, TaskRunCreate.model_validate(body), Caller(now()))
    return run_id


async def test_what_was_taken_and_not_sent_comes_free(own_db: Db):
    failures = [Unavailable("away"), RuntimeError("what nobody thought of")]

    async def read(ex: Executor, ids: Collection[UUID]) -> Mapping[UUID, str]:
        if failures:
            raise failures.pop()
        return await scheduled(ex, ids)

    run_id = await _delay(own_db)
    handout = Handout(own_db, read)
    async with handout.joined("w", ["k"]) as taker:
        waits = asyncio.create_task(handout.next(taker))
        async with asyncio.timeout(5):
            while not waits.done():
                if taker.holds is None:
                    await own_db.run(update(task_offer).values(taken_until=func.now()))
                await asyncio.sleep(0)
        assert str(run_id) in waits.result()
        await handout.confirm(taker)
    assert await own_db.value(select(func.count()).select_from(task_offer)) == 0


async def test_what_is_taken_for_one_that_goes_is_given_back(own_db: Db):
    going, gone = asyncio.Event(), asyncio.Event()

    async def read(ex: Executor, ids: Collection[UUID]) -> Mapping[UUID, str]:
        going.set()
        await gone.wait()
        return await scheduled(ex, ids)

    run_id = await _delay(own_db)
    handout = Handout(own_db, read)
    async with handout.joined("first", ["k"]) as first:
        waits = asyncio.create_task(handout.next(first))
        await going.wait()
        waits.cancel()
    gone.set()
    async with asyncio.timeout(5), handout.joined("second", ["k"]) as second:
        assert str(run_id) in await handout.next(second)


async def test_what_its_taker_has_is_not_given_back(own_db: Db, monkeypatch: pytest.MonkeyPatch):
    confirm, failures = offers.confirm, [Unavailable("away")]

    async def confirm_at_last(ex: Executor, taker: UUID, task_run_id: UUID) -> None:
        if failures:
            raise failures.pop()
        await confirm(ex, taker, task_run_id)

    monkeypatch.setattr(offers, "confirm", confirm_at_last)
    await _delay(own_db)
    handout = Handout(own_db, scheduled)
    async with handout.joined("w", ["k"]) as taker:
        await handout.next(taker)
        with pytest.raises(Unavailable):
            await handout.confirm(taker)
    assert await own_db.value(select(func.count()).select_from(task_offer)) == 0


async def test_a_run_is_offered_once(own_db: Db):
    run_id = await _delay(own_db)
    await offers.offer(own_db, run_id, urgent=True)
    first, second = new_id(), new_id()
    assert await offers.take(own_db, ["k", "other"], [first, second]) == {first: run_id}
    assert await offers.on_offer(own_db, ["k", "other"]) == set()
    await offers.confirm(own_db, second, run_id)
    assert await offers.give_back(own_db, [first]) == 1
    assert await offers.on_offer(own_db, ["k", "other"]) == {"k"}


async def test_an_urgent_one_goes_before_the_others(own_db: Db):
    ids = [await _delay(own_db) for _ in range(3)]
    await own_db.run(delete(task_offer).where(task_offer.c.task_run_id == ids[2]))
    await offers.offer(own_db, ids[2], urgent=True)
    order = [(await offers.take(own_db, ["k"], [taker]))[taker] for taker in (new_id(), new_id(), new_id())]
    assert order == [ids[2], ids[0], ids[1]]


async def test_one_that_is_scheduled_again_before_it_is_confirmed_is_on_offer_again(own_db: Db):
    run_id = await _delay(own_db)
    first, second = new_id(), new_id()
    await offers.take(own_db, ["k"], [first])
    await offers.offer(own_db, run_id, urgent=False)
    await offers.confirm(own_db, first, run_id)
    assert await offers.take(own_db, ["k"], [second]) == {second: run_id}


async def test_one_that_is_scheduled_again_while_it_is_withdrawn_stays_on_offer(own_db: Db):
    run_id, first, second = await _delay(own_db), new_id(), new_id()
    await own_db.run(update(task_run).values(state_type="PENDING"))
    await offers.take(own_db, ["k"], [first])
    async with own_db.tx() as tx:
        await tx.run(update(task_run).values(state_type="SCHEDULED"))
        await offers.offer(tx, run_id, urgent=False)
        withdrawing = asyncio.create_task(offers.withdraw(own_db, {first: run_id}))
        await _until_it_waits(own_db, withdrawing)
    await withdrawing
    assert await offers.take(own_db, ["k"], [second]) == {second: run_id}


async def _until_it_waits(db: Db, task: asyncio.Task[None]) -> None:
    """Until the task is done, or waits for a lock that this test holds."""
    async with asyncio.timeout(5):
        while not task.done() and not await db.value(WAITING):
            await asyncio.sleep(0)

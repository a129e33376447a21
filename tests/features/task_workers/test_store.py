"""Which task workers are connected."""

import asyncio
import time
from datetime import timedelta

import httpx
import orjson
from sqlalchemy import update

from locum.domain.clock import now
from locum.features.task_workers.store import workers
from locum.infra.db import Db
from locum.tables.task_workers import task_worker


async def test_connected_ones_are_listed_by_task(client: httpx.AsyncClient, db: Db):
    await workers.observe(db, {"one": ["b", "a", "a"], "two": ["c"]})
    everyone = (await client.post("/task_workers/filter", json={})).json()
    assert [(one["identifier"], one["task_keys"]) for one in everyone] == [("one", ["a", "b"]), ("two", ["c"])]
    some = await client.post("/task_workers/filter", json={"task_worker_filter": {"task_keys": ["c", "d"]}})
    assert [one["identifier"] for one in some.json()] == ["two"]


async def test_those_that_left_are_not(db: Db):
    await workers.observe(db, dict.fromkeys(("stayed", "left", "lost"), ("a",)))
    await db.run(
        update(task_worker).where(task_worker.c.identifier == "lost").values(last_seen=now() - timedelta(minutes=2))
    )
    await workers.forget(db, "left")
    assert [one["identifier"] for one in orjson.loads(await workers.present(db, []))] == ["stayed"]


async def test_those_who_note_and_those_who_forget_do_not_lock_each_other_out(db: Db):
    """Workers that were lost are back, on one replica, while others forget them; the rows lie in another order."""
    names = [f"{number:02}" for number in range(40)]
    worst = 0.0
    for _ in range(20):
        for name in reversed(names):
            await workers.observe(db, {name: ["a"]})
        await db.run(update(task_worker).values(last_seen=now() - timedelta(minutes=2)))
        began = time.perf_counter()
        noting = [workers.observe(db, dict.fromkeys(names, "b")) for _ in range(3)]
        await asyncio.gather(*noting, *(workers.forget(db, name) for name in ("00", "39", "none", "other")))
        worst = max(worst, time.perf_counter() - began)
    assert worst < 1, "PostgreSQL breaks a circle of those who wait after a second"

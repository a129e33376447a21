"""Who falls silent is marked as gone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert, select

from locum.domain.ids import new_id
from locum.features.dispatch.loops import Foreman
from locum.features.work_pools.store import workers
from locum.filters.statements import Restriction
from locum.infra.db import Db
from locum.infra.settings.services import ForemanSettings
from locum.tables.deployments import deployment
from locum.tables.events import event
from locum.tables.work_pools import work_pool, work_queue, worker
from tests.factories.runs import NOON, a_deployment, a_flow, a_pool, a_queue

FOREMAN = Foreman(ForemanSettings())
LONG_AGO, LATELY = NOON - timedelta(minutes=3), NOON - timedelta(seconds=20)


async def a_worker(db: Db, pool_id: UUID, **columns: Any) -> UUID:
    worker_id = new_id()
    given = {"name": str(worker_id), "status": "ONLINE", **columns}
    await db.run(insert(worker).values(id=worker_id, work_pool_id=pool_id, **given))
    return worker_id


async def status(db: Db, table: Table, row_id: UUID) -> str:
    return await db.value(select(table.c.status).where(table.c.id == row_id))


async def told(db: Db) -> list[str]:
    return [row["event"] for row in await db.rows(select(event.c.event).order_by(event.c.seq))]


class TestForeman:
    async def test_workers_are_given_three_of_their_own_intervals(self, db: Db):
        pool = await a_pool(db, status="READY")
        quick = await a_worker(db, pool, last_heartbeat_time=LATELY, heartbeat_interval_seconds=5)
        slow = await a_worker(db, pool, last_heartbeat_time=LONG_AGO, heartbeat_interval_seconds=90)
        unsaid = await a_worker(db, pool, last_heartbeat_time=LONG_AGO)
        await FOREMAN.run_once(db, NOON)
        assert [await status(db, worker, one) for one in (quick, slow, unsaid)] == ["OFFLINE", "ONLINE", "OFFLINE"]
        assert await status(db, work_pool, pool) == "READY"
        assert await told(db) == []

    async def test_the_longest_interval_breaks_nothing(self, db: Db):
        longest = {"last_heartbeat_time": LONG_AGO, "heartbeat_interval_seconds": 2**31 - 1}
        patient = await a_worker(db, await a_pool(db, name="pool"), **longest)
        await FOREMAN.run_once(db, NOON)
        assert await status(db, worker, patient) == "ONLINE"
        assert b'"status":"ONLINE"' in await workers.page(db, "pool", Restriction(), 5, 0)

    async def test_a_pool_without_workers_is_not_ready(self, db: Db):
        pool, paused = await a_pool(db, status="READY"), await a_pool(db, status="PAUSED", is_paused=True)
        await a_worker(db, pool, last_heartbeat_time=LONG_AGO)
        report = await FOREMAN.run_once(db, NOON)
        assert report.done == 2
        assert [await status(db, work_pool, one) for one in (pool, paused)] == ["NOT_READY", "PAUSED"]
        assert await told(db) == ["prefect.work-pool.not-ready"]
        assert (await FOREMAN.run_once(db, NOON)).done == 0

    async def test_queues_that_nobody_polls_are_not_ready(self, db: Db):
        pool = await a_pool(db)
        old = await a_queue(db, pool, status="READY", last_polled=LONG_AGO)
        fresh = await a_queue(db, pool, status="READY", last_polled=LATELY)
        paused = await a_queue(db, pool, status="PAUSED", last_polled=LONG_AGO)
        await FOREMAN.run_once(db, NOON)
        found = [await status(db, work_queue, one) for one in (old, fresh, paused)]
        assert found == ["NOT_READY", "READY", "PAUSED"]
        assert await told(db) == ["prefect.work-queue.not-ready"]

    async def test_a_deployment_lives_as_long_as_its_queue_is_polled(self, db: Db):
        pool, flow = await a_pool(db), await a_flow(db)
        polled = await a_queue(db, pool, status="READY", last_polled=LATELY)
        left = await a_queue(db, pool, status="READY", last_polled=LONG_AGO)
        ready = {"status": "READY", "last_polled": LONG_AGO}
        kept = await a_deployment(db, flow, work_queue_id=polled, **ready)
        gone = await a_deployment(db, flow, work_queue_id=left, **ready)
        unserved = await a_deployment(db, flow, **ready)
        served = await a_deployment(db, flow, status="READY", last_polled=LATELY)
        await FOREMAN.run_once(db, NOON)
        found = [await status(db, deployment, one) for one in (kept, gone, unserved, served)]
        assert found == ["READY", "NOT_READY", "NOT_READY", "READY"]
        assert sorted(await told(db)) == ["prefect.deployment.not-ready"] * 2 + ["prefect.work-queue.not-ready"]

"""Workers ask for runs over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select, update

from locum.infra.db import Db
from locum.tables.deployments import deployment
from locum.tables.work_pools import work_queue
from tests.factories.runs import NOON, a_deployment, a_flow, a_pool, a_queue, a_run

POLL = "/work_pools/pool/get_scheduled_flow_runs"


async def told(client: httpx.AsyncClient) -> list[str]:
    answer = await client.post("/events/filter", json={"limit": 50, "filter": {"order": "ASC"}})
    return [event["event"].removeprefix("prefect.") for event in answer.json()["events"]]


async def read(db: Db, queue_id: UUID) -> Any:
    return await db.row(select(work_queue.c.status, work_queue.c.last_polled).where(work_queue.c.id == queue_id))


class TestPollingAPool:
    async def test_a_poll_is_one_statement_once_its_queues_are_marked(self, client: httpx.AsyncClient, db: Db):
        pool = await a_pool(db, name="pool")
        queue = await a_queue(db, pool, name="q")
        flow = await a_flow(db)
        dep = await a_deployment(db, flow, work_queue_id=queue)
        run = await a_run(db, flow, work_queue_id=queue, deployment_id=dep)
        first = (await client.post(POLL, json={})).json()
        assert [(one["work_pool_id"], one["work_queue_id"], one["flow_run"]["id"]) for one in first] == [
            (str(pool), str(queue), str(run))
        ]
        assert (await read(db, queue))["status"] == "READY"
        assert await db.value(select(deployment.c.status).where(deployment.c.id == dep)) == "READY"
        assert await told(client) == ["work-queue.ready", "deployment.ready"]
        marked = (await read(db, queue))["last_polled"]
        before = db.statements
        assert (await client.post(POLL, json={})).json()[0]["flow_run"]["id"] == str(run)
        assert db.statements - before == 1
        assert (await read(db, queue))["last_polled"] == marked

    async def test_old_marks_are_renewed_without_telling(self, client: httpx.AsyncClient, db: Db):
        queue = await a_queue(db, await a_pool(db, name="pool"), status="READY", last_polled=NOON)
        await client.post(POLL, json={})
        assert datetime.now(UTC) - (await read(db, queue))["last_polled"] < timedelta(seconds=30)
        assert await told(client) == []

    async def test_a_ready_deployment_is_polled_with_its_queue_without_being_touched(
        self, client: httpx.AsyncClient, db: Db
    ):
        queue = await a_queue(db, await a_pool(db, name="pool"), status="READY", last_polled=NOON)
        ready = {"status": "READY", "last_polled": NOON, "work_queue_id": queue}
        dep = await a_deployment(db, await a_flow(db), **ready)
        touched = await db.value(select(deployment.c.updated).where(deployment.c.id == dep))
        await client.post(POLL, json={})
        shown = (await client.get(f"/deployments/{dep}")).json()["last_polled"]
        assert datetime.fromisoformat(shown) == (await read(db, queue))["last_polled"]
        assert await db.value(select(deployment.c.updated).where(deployment.c.id == dep)) == touched
        assert await db.value(select(deployment.c.last_polled).where(deployment.c.id == dep)) == NOON

    async def test_paused_queues_stay_paused(self, client: httpx.AsyncClient, db: Db):
        queue = await a_queue(db, await a_pool(db, name="pool"), status="PAUSED", is_paused=True)
        await client.post(POLL, json={})
        found = await read(db, queue)
        assert found["status"] == "PAUSED"
        assert found["last_polled"] is not None

    async def test_only_the_queues_asked_for_are_marked(self, client: httpx.AsyncClient, db: Db):
        pool = await a_pool(db, name="pool")
        asked, other = await a_queue(db, pool, name="asked"), await a_queue(db, pool, name="other")
        await client.post(POLL, json={"work_queue_names": ["asked"]})
        assert [(await read(db, queue))["status"] for queue in (asked, other)] == ["READY", "NOT_READY"]

    async def test_what_is_not_there(self, client: httpx.AsyncClient, db: Db):
        assert (await client.post(POLL, json={})).json() == {"detail": 'Work pool "pool" not found.'}
        await a_pool(db, name="pool")
        answer = await client.post(POLL, json={"work_queue_names": ["none"]})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Work pool queue 'pool/none' not found."})

    async def test_limits_of_the_request(self, client: httpx.AsyncClient, db: Db):
        await a_pool(db, name="pool")
        assert (await client.post(POLL, json={"limit": 201})).status_code == 422
        assert (await client.post(POLL, json={"limit": 0})).json() == []


class TestPollingAQueue:
    async def test_a_limit_counts_runs_that_are_being_cancelled(self, client: httpx.AsyncClient, db: Db):
        queue = await a_queue(db, await a_pool(db), concurrency_limit=2)
        flow = await a_flow(db)
        await a_run(db, flow, "CANCELLING", work_queue_id=queue)
        runs = [await a_run(db, flow, due=NOON + timedelta(minutes=n), work_queue_id=queue) for n in range(3)]
        found = (await client.post(f"/work_queues/{queue}/get_runs", json={})).json()
        assert [run["id"] for run in found] == [str(runs[0])]

    async def test_a_run_without_a_queue_is_in_the_one_it_names(self, client: httpx.AsyncClient, db: Db):
        queue = await a_queue(db, await a_pool(db), name="named")
        run = await a_run(db, await a_flow(db), work_queue_name="named")
        found = (await client.post(f"/work_queues/{queue}/get_runs", json={})).json()
        assert [one["id"] for one in found] == [str(run)]

    async def test_a_person_who_looks_is_no_poll(self, client: httpx.AsyncClient, db: Db):
        queue = await a_queue(db, await a_pool(db))
        await client.post(f"/work_queues/{queue}/get_runs", json={}, headers={"x-prefect-ui": "true"})
        assert (await read(db, queue))["status"] == "NOT_READY"
        await client.post(f"/work_queues/{queue}/get_runs", json={})
        assert (await read(db, queue))["status"] == "READY"

    async def test_old_queues_ask_by_filter(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        mine, other = await a_deployment(db, flow), await a_deployment(db, flow)
        body = {"name": "old", "filter": {"tags": ["x"], "deployment_ids": [str(mine)]}, "concurrency_limit": 2}
        queue = (await client.post("/work_queues/", json=body)).json()["id"]
        run = await a_run(db, flow, deployment_id=mine, tags='["x", "y"]')
        await a_run(db, flow, deployment_id=mine, tags='["y"]')
        await a_run(db, flow, deployment_id=other, tags='["x"]')
        await a_run(db, flow, tags='["x"]')
        path = f"/work_queues/{queue}/get_runs"
        assert [one["id"] for one in (await client.post(path, json={})).json()] == [str(run)]
        for _ in range(2):
            await a_run(db, flow, "RUNNING", deployment_id=mine, tags='["x"]')
        assert (await client.post(path, json={})).json() == []
        assert (await client.get(f"/work_queues/{queue}")).json()["active_slots"] == 2
        await db.run(update(work_queue).values(concurrency_limit=None, is_paused=True))
        assert (await client.post(path, json={})).json() == []

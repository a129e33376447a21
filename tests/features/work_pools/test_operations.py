"""Work pools, queues and workers over HTTP."""

from typing import Any

import httpx
import pytest

from locum.infra.db import Db

TEMPLATE = {
    "job_configuration": {"command": "{{ command }}"},
    "variables": {"type": "object", "properties": {"command": {"type": "string"}}},
}


async def made(client: httpx.AsyncClient, name: str = "pool", **more: Any) -> dict[str, Any]:
    answer = await client.post("/work_pools/", json={"name": name, "type": "process", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def told(client: httpx.AsyncClient) -> list[str]:
    body = {"limit": 50, "filter": {"order": "ASC", "event": {"prefix": ["prefect.work-"]}}}
    answer = await client.post("/events/filter", json=body)
    return [event["event"].removeprefix("prefect.") for event in answer.json()["events"]]


async def names(client: httpx.AsyncClient, pool: str = "pool") -> list[tuple[str, int]]:
    answer = await client.post(f"/work_pools/{pool}/queues/filter", json={})
    return [(queue["name"], queue["priority"]) for queue in answer.json()]


class TestPools:
    async def test_a_pool_comes_with_its_default_queue_in_one_statement(self, client: httpx.AsyncClient, db: Db):
        before = db.statements
        pool = await made(client, concurrency_limit=3)
        assert db.statements - before == 1
        assert (pool["status"], pool["active_slots"]) == ("NOT_READY", 0)
        queue = (await client.get("/work_pools/pool/queues/default")).json()
        assert queue["id"] == pool["default_queue_id"]
        assert await told(client) == ["work-queue.created", "work-pool.created", "work-pool.not-ready"]

    async def test_names_are_unique_and_some_reserved(self, client: httpx.AsyncClient):
        await made(client)
        for name, status in (("pool", 409), ("Prefect-x", 403), ("a/b", 422), ("", 422)):
            assert (await client.post("/work_pools/", json={"name": name})).status_code == status
        assert (await client.delete("/work_pools/prefect-x")).status_code == 403
        assert (await client.patch("/work_pools/prefect-x", json={"description": "d"})).status_code == 403
        assert (await client.patch("/work_pools/prefect-x", json={"is_paused": True})).status_code == 404

    async def test_agents_have_no_status(self, client: httpx.AsyncClient):
        assert (await made(client, type="prefect-agent"))["status"] is None

    @pytest.mark.parametrize(
        "job",
        [
            {"job_configuration": {}},
            {**TEMPLATE, "job_configuration": {"command": "{{ other }}"}},
            {**TEMPLATE, "variables": {"properties": {"command": {"type": "string", "default": 1}}}},
            {**TEMPLATE, "variables": {"properties": {"command": {"type": "strange"}}}},
        ],
    )
    async def test_a_template_must_hold_together(self, client: httpx.AsyncClient, job: dict[str, Any]):
        answer = await client.post("/work_pools/", json={"name": "pool", "base_job_template": job})
        assert answer.status_code == 422

    async def test_pausing_and_resuming_are_announced_and_follow_each_other(self, client: httpx.AsyncClient):
        await made(client)
        for paused, status in ((True, "PAUSED"), (False, "NOT_READY")):
            await client.patch("/work_pools/pool", json={"is_paused": paused, "description": f"{paused}"})
            assert (await client.get("/work_pools/pool")).json()["status"] == status
        answer = await client.post(
            "/events/filter", json={"filter": {"order": "ASC", "event": {"prefix": ["prefect.work-pool"]}}}
        )
        events = {event["event"]: event for event in answer.json()["events"]}
        assert events["prefect.work-pool.not-ready"]["follows"] == events["prefect.work-pool.paused"]["id"]
        assert events["prefect.work-pool.updated"]["payload"] == {
            "updated_fields": ["description"],
            "updates": {"description": {"from": "True", "to": "False"}},
        }

    async def test_older_clients_are_not_told_what_they_refuse(self, client: httpx.AsyncClient):
        await made(client)
        # what they are told is not what the document says
        client.event_hooks = {"request": [], "response": []}
        for agent, known in (("3.2.15", False), ("3.3.7", False), ("3.4.0", True)):
            headers = {"user-agent": f"prefect/{agent} (API 0.8.4)"}
            answer = await client.get("/work_pools/pool", headers=headers)
            assert ("default_result_storage_block_id" in answer.json()["storage_configuration"]) is known

    async def test_deleting_takes_queues_along(self, client: httpx.AsyncClient):
        pool = await made(client)
        assert (await client.delete("/work_pools/pool")).status_code == 204
        assert (await client.get(f"/work_queues/{pool['default_queue_id']}")).status_code == 404
        assert (await told(client))[-2:] == ["work-queue.deleted", "work-pool.deleted"]


class TestQueues:
    async def test_priorities_make_room(self, client: httpx.AsyncClient):
        await made(client)
        for body in ({"name": "a"}, {"name": "first", "priority": 1}, {"name": "c"}):
            assert (await client.post("/work_pools/pool/queues", json=body)).status_code == 201
        assert await names(client) == [("first", 1), ("default", 2), ("a", 3), ("c", 4)]
        await client.patch("/work_pools/pool/queues/c", json={"priority": 2})
        assert await names(client) == [("first", 1), ("c", 2), ("default", 3), ("a", 4)]
        await client.delete("/work_pools/pool/queues/c")
        await client.post("/work_pools/pool/queues", json={"name": "gap"})
        assert await names(client) == [("first", 1), ("gap", 2), ("default", 3), ("a", 4)]

    async def test_the_default_queue_stays(self, client: httpx.AsyncClient):
        pool = await made(client)
        assert (await client.delete("/work_pools/pool/queues/default")).status_code == 409
        assert (await client.delete(f"/work_queues/{pool['default_queue_id']}")).status_code == 409

    async def test_a_loose_queue_lands_in_the_pool_of_agents(self, client: httpx.AsyncClient):
        queue = (await client.post("/work_queues/", json={"name": "loose"})).json()
        assert queue["work_pool_name"] == "default-agent-pool"
        assert (await client.get("/work_queues/name/loose")).json()["id"] == queue["id"]
        default = (await client.get("/work_pools/default-agent-pool")).json()["default_queue_id"]
        assert (await client.post("/work_queues/", json={"name": "default"})).status_code == 409
        assert (await client.get("/work_queues/name/default")).json()["id"] == default

    async def test_the_default_loose_queue_is_that_of_a_new_pool(self, client: httpx.AsyncClient):
        answer = await client.post("/work_queues/", json={"name": "default"})
        assert (answer.status_code, answer.json()["priority"]) == (201, 1)

    async def test_nulls_where_there_must_be_a_value(self, client: httpx.AsyncClient):
        await made(client)
        for body in ({"name": None}, {"description": None}, {"priority": None}):
            assert (await client.patch("/work_pools/pool/queues/default", json=body)).status_code == 409
        for body in ({"is_paused": None}, {"base_job_template": None}, {"storage_configuration": None}):
            assert (await client.patch("/work_pools/pool", json=body)).status_code == 409

    async def test_a_name_taken_in_the_pool(self, client: httpx.AsyncClient):
        await made(client)
        await client.post("/work_pools/pool/queues", json={"name": "a"})
        assert (await client.post("/work_pools/pool/queues", json={"name": "a"})).status_code == 409
        assert (await client.patch("/work_pools/pool/queues/a", json={"name": "default"})).status_code == 409

    async def test_pausing_once_is_announced_once(self, client: httpx.AsyncClient):
        await made(client)
        for paused in (True, True, False, False):
            await client.patch("/work_pools/pool/queues/default", json={"is_paused": paused})
        assert (await told(client))[3:] == ["work-queue.paused", "work-queue.not-ready"]


class TestWorkers:
    async def test_a_heartbeat_makes_its_pool_ready_and_costs_one_statement_then(
        self, client: httpx.AsyncClient, db: Db
    ):
        await made(client)
        beat = {"name": "w", "heartbeat_interval_seconds": 30}
        assert (await client.post("/work_pools/pool/workers/heartbeat", json=beat)).status_code == 204
        assert (await client.get("/work_pools/pool")).json()["status"] == "READY"
        before = db.statements
        await client.post("/work_pools/pool/workers/heartbeat", json={"name": "w"})
        assert db.statements - before == 1
        found = (await client.post("/work_pools/pool/workers/filter", json={})).json()
        assert [(w["name"], w["status"], w["heartbeat_interval_seconds"]) for w in found] == [("w", "ONLINE", 30)]

    async def test_a_paused_pool_stays_paused(self, client: httpx.AsyncClient):
        await made(client, is_paused=True)
        await client.post("/work_pools/pool/workers/heartbeat", json={"name": "w"})
        assert (await client.get("/work_pools/pool")).json()["status"] == "PAUSED"
        await client.patch("/work_pools/pool", json={"is_paused": False})
        assert (await client.get("/work_pools/pool")).json()["status"] == "READY"

    async def test_forgetting_a_worker(self, client: httpx.AsyncClient):
        await made(client)
        await client.post("/work_pools/pool/workers/heartbeat", json={"name": "w"})
        assert (await client.delete("/work_pools/pool/workers/w")).status_code == 204
        assert (await client.delete("/work_pools/pool/workers/w")).json() == {"detail": "Worker not found."}
        assert (await client.delete("/work_pools/none/workers/w")).json() == {"detail": 'Work pool "none" not found.'}

"""The operations of flow runs: making, changing, labels, deleting, and those on many."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from locum.domain.clock import now
from locum.domain.states import State
from locum.infra.db import Db
from tests.factories.runs import a_deployment, a_flow, a_pool, a_queue, a_run

NOBODY = "00000000-0000-4000-8000-000000000000"


async def _run(client: httpx.AsyncClient, flow: Any, **given: Any) -> dict[str, Any]:
    answer = await client.post("/flow_runs/", json={"flow_id": str(flow), **given})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _set(client: httpx.AsyncClient, run: Any, kind: str, *, force: bool = False, **details: Any) -> Any:
    body = {"state": {"type": kind, "state_details": details}, "force": force}
    answer = await client.post(f"/flow_runs/{run}/set_state", json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def _count(db: Db, table: str) -> int:
    return await db.value(text(f"SELECT count(*) FROM {table}"))


class TestCreate:
    async def test_bare(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        made = await _run(client, flow)
        assert (made["state_type"], made["run_count"], made["parameters"]) == ("PENDING", 0, {})
        assert made["labels"] == {"prefect.flow.id": str(flow)}
        assert made["job_variables"] == {}
        assert (await client.get(f"/flow_runs/{made['id']}")).json()["state"] == made["state"]
        history = (await client.get("/flow_run_states/", params={"flow_run_id": made["id"]})).json()
        # PostgreSQL leaves trailing zeros out of a moment, so that its text may differ
        assert [State.model_validate(one) for one in history] == [State.model_validate(made["state"])]
        assert (await client.get(f"/flow_run_states/{made['state_id']}")).json() == history[0]
        assert await _count(db, "event") == 1

    async def test_first_state_and_all_that_may_be_given(self, client: httpx.AsyncClient, db: Db):
        due = (now() + timedelta(hours=1)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        given = {
            "name": "it's",
            "flow_version": "1",
            "parameters": {"a": [1, 1.5, None, 12345678901234567890]},
            "context": {"c": 1},
            "tags": ["b", "a"],
            "idempotency_key": "key",
        }
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due}}
        made = await _run(client, await a_flow(db), **given, labels={"l": 1}, state=state)
        assert {name: made[name] for name in given} == given
        assert made["expected_start_time"] == made["next_scheduled_start_time"] == due
        assert made["labels"]["l"] == 1
        assert made["job_variables"] is None

    async def test_labels_of_the_flow_are_inherited(self, client: httpx.AsyncClient):
        flow = (await client.post("/flows/", json={"name": "f", "labels": {"a": 1, "b": 1}})).json()["id"]
        made = await _run(client, flow, labels={"b": 2})
        assert made["labels"] == {"a": 1, "b": 2, "prefect.flow.id": flow}

    async def test_labels_of_the_deployment_take_their_place(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        deployment = await a_deployment(db, flow, labels='{"d": 1}')
        made = await _run(client, flow, deployment_id=str(deployment))
        system = {"prefect.flow.id": str(flow), "prefect.deployment.id": str(deployment)}
        assert made["labels"] == {"d": 1, **system}

    async def test_a_key_used_before(self, client: httpx.AsyncClient, db: Db):
        flow, other = await a_flow(db), await a_flow(db)
        made = await _run(client, flow, idempotency_key="k", name="first")
        again = await client.post("/flow_runs/", json={"flow_id": str(flow), "idempotency_key": "k", "name": "second"})
        assert (again.status_code, again.json()["id"], again.json()["name"]) == (200, made["id"], "first")
        assert (await _run(client, other, idempotency_key="k"))["id"] != made["id"]
        assert (await _count(db, "flow_run_state"), await _count(db, "event")) == (2, 2)

    async def test_a_key_used_by_many_at_once(self, client: httpx.AsyncClient, db: Db):
        body = {"flow_id": str(await a_flow(db)), "idempotency_key": "k"}
        answers = await asyncio.gather(*(client.post("/flow_runs/", json=body) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        for table in ("flow_run", "flow_run_state", "event"):
            assert await _count(db, table) == 1

    async def test_in_a_queue(self, client: httpx.AsyncClient, db: Db):
        flow, pool = await a_flow(db), await a_pool(db, name="pool")
        queue = await a_queue(db, pool, name="queue")
        made = await _run(client, flow, work_pool_name="pool", work_queue_name="queue")
        shown = (made["work_queue_id"], made["work_queue_name"], made["work_pool_id"], made["work_pool_name"])
        assert shown == (str(queue), "queue", str(pool), "pool")
        for names in ({"work_pool_name": "none"}, {"work_pool_name": "pool", "work_queue_name": "none"}):
            answer = await client.post("/flow_runs/", json={"flow_id": str(flow), **names})
            assert (answer.status_code, "none" in answer.json()["detail"]) == (404, True)

    async def test_of_what_does_not_exist(self, client: httpx.AsyncClient, db: Db):
        flow = str(await a_flow(db))
        for body in ({"flow_id": NOBODY}, {"flow_id": flow, "parent_task_run_id": NOBODY}):
            assert (await client.post("/flow_runs/", json=body)).status_code == 409
        assert (await _count(db, "flow_run"), await _count(db, "event")) == (0, 0)

    async def test_a_subflow(self, client: httpx.AsyncClient):
        flow = (await client.post("/flows/", json={"name": "f"})).json()["id"]
        outer = await _run(client, flow)
        body = {"task_key": "k", "dynamic_key": "0", "flow_run_id": outer["id"]}
        parent = (await client.post("/task_runs/", json=body)).json()["id"]
        inner = await _run(client, flow, parent_task_run_id=parent, state={"type": "RUNNING"})
        mirrored = (await client.get(f"/task_runs/{parent}")).json()["state"]
        assert (mirrored["type"], mirrored["state_details"]["child_flow_run_id"]) == ("RUNNING", inner["id"])
        assert inner["state"]["state_details"]["task_run_id"] == parent


class TestUpdate:
    async def test_what_is_not_given_stays(self, client: httpx.AsyncClient, db: Db):
        made = await _run(client, await a_flow(db), name="old", tags=["t"], parameters={"a": 1}, flow_version="1")
        changes: list[dict[str, Any]] = [
            {},
            {"name": "new"},
            {"tags": []},
            {"parameters": {"b": 2}},
            {"infrastructure_pid": "7"},
        ]
        for given in changes:
            assert (await client.patch(f"/flow_runs/{made['id']}", json=given)).status_code == 204
            found = (await client.get(f"/flow_runs/{made['id']}")).json()
            made |= {**given, "updated": found["updated"]}
            changing = {"estimated_run_time", "estimated_start_time_delta"}
            assert {k: v for k, v in found.items() if k not in changing} == {
                k: v for k, v in made.items() if k not in changing
            }

    async def test_the_policy(self, client: httpx.AsyncClient, db: Db):
        made = await _run(client, await a_flow(db))
        await client.patch(f"/flow_runs/{made['id']}", json={"empirical_policy": {"retries": 3}})
        assert (await client.get(f"/flow_runs/{made['id']}")).json()["empirical_policy"]["retries"] == 3

    @pytest.mark.parametrize("body", [{"name": "a"}, {"job_variables": {}}])
    async def test_nobody(self, client: httpx.AsyncClient, body: dict[str, Any]):
        answer = await client.patch(f"/flow_runs/{NOBODY}", json=body)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Flow run not found"})

    async def test_labels(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        made = await _run(client, flow, labels={"a": 1, "b": 1})
        assert (await client.patch(f"/flow_runs/{made['id']}/labels", json={"b": 2, "c": True})).status_code == 204
        found = (await client.get(f"/flow_runs/{made['id']}")).json()["labels"]
        assert found == {"a": 1, "b": 2, "c": True, "prefect.flow.id": str(flow)}
        assert (await client.patch(f"/flow_runs/{NOBODY}/labels", json={})).status_code == 404


class TestDelete:
    async def test_with_all_that_hangs_on_it(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        gone, kept = await _run(client, flow), await _run(client, flow)
        inner: list[str] = []
        for run in (gone, kept):
            body = {"task_key": "k", "dynamic_key": "0", "flow_run_id": run["id"]}
            task_run = (await client.post("/task_runs/", json=body)).json()["id"]
            inner.append((await _run(client, flow, parent_task_run_id=task_run))["id"])
            line = {"name": "l", "level": 20, "message": "m", "timestamp": now().isoformat()}
            await client.post("/logs/", json=[{**line, "flow_run_id": run["id"]}, {**line, "task_run_id": task_run}])
            await client.post(f"/flow_runs/{run['id']}/input", json={"key": "k", "value": "1"})
        assert (await client.delete(f"/flow_runs/{gone['id']}")).status_code == 204
        for table, left in (("flow_run", 3), ("task_run", 1), ("log", 2), ("flow_run_input", 1)):
            assert await _count(db, table) == left, table
        orphan, other = [(await client.get(f"/flow_runs/{one}")).json() for one in inner]
        assert (orphan["parent_task_run_id"], other["parent_task_run_id"] is None) == (None, False)
        assert (await client.get("/flow_run_states/", params={"flow_run_id": gone["id"]})).json() == []
        assert (await client.delete(f"/flow_runs/{gone['id']}")).status_code == 404

    async def test_many(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        runs = [await _run(client, flow, tags=["gone"] if n < 3 else []) for n in range(5)]
        wanted = {"flow_runs": {"tags": {"all_": ["gone"]}}, "limit": 2}
        for left in (3, 2, 2):
            deleted = (await client.post("/flow_runs/bulk_delete", json=wanted)).json()["deleted"]
            assert set(deleted) <= {run["id"] for run in runs[:3]}
            assert await _count(db, "flow_run") == left


class TestBulkSetState:
    async def test_each_is_told_of(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        running, done = str(await a_run(db, flow, "RUNNING")), str(await a_run(db, flow, "COMPLETED"))
        body = {"state": {"type": "CANCELLING"}}
        results = (await client.post("/flow_runs/bulk_set_state", json=body)).json()["results"]
        found = {one["flow_run_id"]: (one["status"], one["state"]["type"]) for one in results}
        assert found == {running: ("ACCEPT", "CANCELLING"), done: ("ABORT", "COMPLETED")}
        forced = (await client.post("/flow_runs/bulk_set_state", json={**body, "force": True})).json()["results"]
        assert {one["status"] for one in forced} == {"ACCEPT"}

    @pytest.mark.parametrize("limit", [0, 51])
    async def test_limits(self, client: httpx.AsyncClient, limit: int):
        body = {"state": {"type": "CANCELLING"}, "limit": limit}
        assert (await client.post("/flow_runs/bulk_set_state", json=body)).status_code == 422


class TestSetState:
    async def test_nobody(self, client: httpx.AsyncClient):
        answer = await client.post(f"/flow_runs/{NOBODY}/set_state", json={"state": {"type": "RUNNING"}})
        assert answer.status_code == 404

    async def test_the_answer_says_what_became_of_it(self, client: httpx.AsyncClient, db: Db):
        run = await a_run(db, await a_flow(db), "PENDING")
        accepted = await _set(client, run, "RUNNING")
        assert (accepted["status"], accepted["details"]) == ("ACCEPT", {"type": "accept_details"})
        paused = await _set(client, run, "PAUSED", pause_reschedule=True)
        assert (paused["status"], paused["state"]) == ("ABORT", accepted["state"])

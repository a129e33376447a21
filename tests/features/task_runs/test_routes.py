"""The operations of task runs."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert, text

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.domain.states import StateCreate, StateType
from locum.features.task_runs import commands
from locum.features.task_runs.callers import Caller
from locum.features.task_runs.schemas import TaskRun, TaskRunPaginationResponse
from locum.infra.db import Db
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow


async def _flow_run(db: Db, state: str = "RUNNING", **columns: Any) -> UUID:
    flow_id, run_id = new_id(), new_id()
    await db.run(insert(flow).values(id=flow_id, name=str(flow_id)))
    await db.run(insert(flow_run).values(id=run_id, flow_id=flow_id, name="run", state_type=state, **columns))
    return run_id


async def _task_run(client: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    answer = await client.post("/task_runs/", json={"task_key": "k", "dynamic_key": "0", **given})
    assert answer.status_code == 201, answer.text
    TaskRun.model_validate_json(answer.content)
    return answer.json()


async def _set(client: httpx.AsyncClient, run_id: str, kind: str, **more: Any) -> httpx.Response:
    return await client.post(f"/task_runs/{run_id}/set_state", json={"state": {"type": kind}, **more})


class TestCreate:
    async def test_bare(self, client: httpx.AsyncClient):
        made = await _task_run(client)
        assert (made["state_type"], made["state_name"], made["run_count"]) == ("PENDING", "Pending", 0)
        assert made["empirical_policy"]["retries"] is None
        assert (await client.get(f"/task_runs/{made['id']}")).json()["state"] == made["state"]

    async def test_inherits_labels(self, client: httpx.AsyncClient, db: Db):
        parent = await _flow_run(db, labels='{"a": 1, "b": 1}')
        made = await _task_run(client, flow_run_id=str(parent), labels={"b": 2})
        assert made["labels"] == {"a": 1, "b": 2, "prefect.flow-run.id": str(parent)}

    async def test_twice_with_the_same_keys(self, client: httpx.AsyncClient, db: Db):
        parent = str(await _flow_run(db))
        for keys in ({"flow_run_id": parent}, {}):
            made = await _task_run(client, name="first", **keys)
            again = await client.post(
                "/task_runs/", json={"task_key": "k", "dynamic_key": "0", "name": "second", **keys}
            )
            assert (again.status_code, again.json()["id"], again.json()["name"]) == (200, made["id"], "first")
        assert await db.value(text("select count(*) from task_run_state")) == 2

    async def test_of_no_flow_run(self, client: httpx.AsyncClient, db: Db):
        keys = {"task_key": "k", "dynamic_key": "0", "flow_run_id": str(new_id())}
        assert (await client.post("/task_runs/", json=keys)).status_code == 409
        assert await db.value(text("select count(*) from task_run")) == 0

    async def test_id_and_inputs(self, client: httpx.AsyncClient):
        given = {"id": str(new_id()), "task_inputs": {"c": [{"input_type": "constant", "type": "int"}]}}
        made = await _task_run(client, **given)
        assert made["id"] == given["id"]
        assert made["task_inputs"] == given["task_inputs"]


class TestSetState:
    async def test_a_life(self, client: httpx.AsyncClient, db: Db):
        run_id = (await _task_run(client, flow_run_id=str(await _flow_run(db))))["id"]
        answer = await _set(client, run_id, "RUNNING")
        assert (answer.status_code, answer.json()["status"]) == (201, "ACCEPT")
        await _set(client, run_id, "COMPLETED")
        read = (await client.get(f"/task_runs/{run_id}")).json()
        assert (read["state_type"], read["run_count"]) == ("COMPLETED", 1)
        assert read["end_time"] >= read["start_time"]
        states = (await client.get("/task_run_states/", params={"task_run_id": run_id})).json()
        assert [state["type"] for state in states] == ["PENDING", "RUNNING", "COMPLETED"]
        one = (await client.get(f"/task_run_states/{states[0]['id']}")).json()
        assert one == states[0]

    async def test_not_in_a_flow_run_that_ended(self, client: httpx.AsyncClient, db: Db):
        run_id = (await _task_run(client, flow_run_id=str(await _flow_run(db, "COMPLETED"))))["id"]
        answer = await _set(client, run_id, "RUNNING")
        assert (answer.status_code, answer.json()["status"]) == (200, "ABORT")
        assert (await _set(client, run_id, "RUNNING", force=True)).status_code == 201

    async def test_of_nobody(self, client: httpx.AsyncClient):
        answer = await _set(client, str(new_id()), "RUNNING")
        assert answer.status_code == 404

    async def test_mirrors_a_subflow(self, client: httpx.AsyncClient, db: Db):
        run_id = UUID((await _task_run(client))["id"])
        state = StateCreate(type=StateType.RUNNING).to_state(now())
        async with db.tx() as tx:
            await commands.mirror_parent(tx, run_id, state, Caller(now()))
        assert (await client.get(f"/task_runs/{run_id}")).json()["state_type"] == "RUNNING"


class TestRead:
    async def test_lists(self, client: httpx.AsyncClient, db: Db):
        parent = str(await _flow_run(db))
        ids = [
            (await _task_run(client, flow_run_id=parent, dynamic_key=str(key), name=f"n{key}"))["id"]
            for key in range(3)
        ]
        wanted = {"flow_runs": {"id": {"any_": [parent]}}, "sort": "NAME_ASC"}
        listed = (await client.post("/task_runs/filter", json=wanted)).json()
        assert [run["id"] for run in listed] == ids
        assert (await client.post("/task_runs/count", json={"task_runs": {"name": {"any_": ["n1"]}}})).json() == 1
        page = await client.post("/task_runs/paginate", json={**wanted, "limit": 2, "page": 2})
        TaskRunPaginationResponse.model_validate_json(page.content)
        assert (page.json()["count"], page.json()["pages"], len(page.json()["results"])) == (3, 2, 1)

    async def test_history(self, client: httpx.AsyncClient):
        await _task_run(client)
        span = {
            "history_start": "2000-01-01T00:00:00Z",
            "history_end": "2100-01-01T00:00:00Z",
            "history_interval_seconds": 3600 * 24 * 36525,
        }
        answer = (await client.post("/task_runs/history", json=span)).json()
        assert [(state["state_type"], state["count_runs"]) for state in answer[0]["states"]] == [("PENDING", 1)]


class TestChange:
    async def test_rename_and_delete(self, client: httpx.AsyncClient, db: Db):
        run_id = (await _task_run(client))["id"]
        assert (await client.patch(f"/task_runs/{run_id}", json={"name": "new"})).status_code == 204
        assert (await client.patch(f"/task_runs/{run_id}", json={})).status_code == 204
        assert (await client.get(f"/task_runs/{run_id}")).json()["name"] == "new"
        assert (await client.delete(f"/task_runs/{run_id}")).status_code == 204
        assert (await client.get(f"/task_runs/{run_id}")).json() == {"detail": "Task not found"}
        assert (await client.delete(f"/task_runs/{run_id}")).status_code == 404
        assert await db.value(text("select count(*) from task_run_state")) == 0

"""What the UI's pages ask for."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.domain.orchestration import TaskRunPolicy
from locum.infra.db import Db
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow
from locum.tables.task_runs import task_run


async def _flow(db: Db) -> UUID:
    flow_id = new_id()
    await db.run(insert(flow).values(id=flow_id, name=str(flow_id)))
    return flow_id


async def _flow_run(db: Db, flow_id: UUID, **columns: Any) -> UUID:
    run_id = new_id()
    given = {"name": "run", "state_type": "SCHEDULED", "state_name": "Scheduled", **columns}
    await db.run(insert(flow_run).values(id=run_id, flow_id=flow_id, **given))
    return run_id


async def _task_run(db: Db, flow_run_id: UUID | None = None, state: str = "COMPLETED", **columns: Any) -> UUID:
    run_id = new_id()
    given = {"name": "task", "task_key": "k", "dynamic_key": str(run_id), "state_type": state, **columns}
    given["empirical_policy"] = TaskRunPolicy().model_dump_json()
    await db.run(insert(task_run).values(id=run_id, flow_run_id=flow_run_id, **given))
    return run_id


class TestFlows:
    async def test_deployments_are_counted(self, client: httpx.AsyncClient, db: Db):
        one, two = await _flow(db), await _flow(db)
        await db.run(insert(deployment).values(id=new_id(), flow_id=one, name="d"))
        answer = await client.post("/ui/flows/count-deployments", json={"flow_ids": [str(one), str(two)]})
        assert answer.json() == {str(one): 1, str(two): 0}

    async def test_next_run_is_the_soonest(self, client: httpx.AsyncClient, db: Db):
        one, two = await _flow(db), await _flow(db)
        await _flow_run(db, one, next_scheduled_start_time=now() + timedelta(hours=2))
        soon = await _flow_run(db, one, next_scheduled_start_time=now() + timedelta(hours=1))
        await _flow_run(db, one, next_scheduled_start_time=now(), state_type="RUNNING")
        answer = (await client.post("/ui/flows/next-runs", json={"flow_ids": [str(one), str(two)]})).json()
        assert (answer[str(one)]["id"], answer[str(two)]) == (str(soon), None)


class TestFlowRuns:
    async def test_history(self, client: httpx.AsyncClient, db: Db):
        flow_id = await _flow(db)
        for hours in (1, 2):
            await _flow_run(db, flow_id, expected_start_time=now() + timedelta(hours=hours))
        answer = (await client.post("/ui/flow_runs/history", json={})).json()
        assert len(answer) == 2
        assert answer[0]["timestamp"] > answer[1]["timestamp"]
        assert (await client.post("/ui/flow_runs/history", json={"limit": -1})).status_code == 422

    async def test_task_runs_are_counted_without_subflows(self, client: httpx.AsyncClient, db: Db):
        flow_id = await _flow(db)
        parent = await _flow_run(db, flow_id)
        await _task_run(db, parent)
        await _flow_run(db, flow_id, parent_task_run_id=await _task_run(db, parent))
        answer = await client.post("/ui/flow_runs/count-task-runs", json={"flow_run_ids": [str(parent)]})
        assert answer.json() == {str(parent): 1}


class TestTaskRuns:
    async def test_counts_over_time(self, client: httpx.AsyncClient, db: Db):
        start = now().replace(second=0, microsecond=0)
        for state, minutes in (("COMPLETED", 0), ("FAILED", 1), ("CRASHED", 1), ("CANCELLED", 19), ("RUNNING", 5)):
            await _task_run(db, state=state, start_time=start + timedelta(minutes=minutes, seconds=30))
        span = {"after_": start.isoformat(), "before_": (start + timedelta(minutes=20)).isoformat()}
        answer = await client.post("/ui/task_runs/dashboard/counts", json={"task_runs": {"start_time": span}})
        found = {place: part for place, part in enumerate(answer.json()) if any(part.values())}
        assert found == {
            0: {"completed": 1, "failed": 0},
            1: {"completed": 0, "failed": 2},
            18: {"completed": 1, "failed": 0},
        }

    async def test_counts_over_no_time_at_all(self, client: httpx.AsyncClient):
        span = {"after_": "2026-01-02T00:00:00Z", "before_": "2026-01-01T00:00:00Z"}
        answer = await client.post("/ui/task_runs/dashboard/counts", json={"task_runs": {"start_time": span}})
        assert answer.json() == [{"completed": 0, "failed": 0}] * 20

    async def test_counts_need_a_start(self, client: httpx.AsyncClient):
        answer = await client.post("/ui/task_runs/dashboard/counts", json={"task_runs": {}})
        assert (answer.status_code, answer.json()) == (422, {"detail": "task_runs.start_time.after_ is required"})

    async def test_counts_by_state(self, client: httpx.AsyncClient, db: Db):
        for state in ("COMPLETED", "COMPLETED", "RUNNING"):
            await _task_run(db, await _flow_run(db, await _flow(db)), state)
        answer = (await client.post("/ui/task_runs/count", json={})).json()
        assert (answer["COMPLETED"], answer["RUNNING"], answer["FAILED"]) == (2, 1, 0)

    async def test_read_with_the_name_of_its_flow_run(self, client: httpx.AsyncClient, db: Db):
        run_id = await _task_run(db, await _flow_run(db, await _flow(db), name="the run"))
        assert (await client.get(f"/ui/task_runs/{run_id}")).json()["flow_run_name"] == "the run"
        assert (await client.get(f"/ui/task_runs/{await _task_run(db)}")).json()["flow_run_name"] is None
        assert (await client.get(f"/ui/task_runs/{new_id()}")).status_code == 404


class TestSchemas:
    async def test_all_that_is_wrong_is_told(self, client: httpx.AsyncClient):
        schema = {
            "required": ["n"],
            "properties": {"n": {"type": "integer"}, "l": {"type": "array", "items": {"type": "integer"}}},
        }
        answer = await client.post("/ui/schemas/validate", json={"schema": schema, "values": {"l": [1, "x"]}})
        assert answer.json() == {
            "valid": False,
            "errors": [
                {"property": "n", "errors": ["'n' is a required property"]},
                {"property": "l", "errors": [{"index": 1, "errors": ["'x' is not of type 'integer'"]}]},
            ],
        }

    async def test_variables_are_filled_in(self, client: httpx.AsyncClient):
        await client.post("/variables/", json={"name": "v", "value": 1})
        schema = {"properties": {"n": {"type": "integer"}}}
        for name, valid in (("v", True), ("w", False)):
            values = {"n": {"__prefect_kind": "workspace_variable", "variable_name": name}}
            answer = await client.post("/ui/schemas/validate", json={"schema": schema, "values": values})
            assert answer.json()["valid"] is valid

    async def test_no_schema(self, client: httpx.AsyncClient):
        answer = await client.post("/ui/schemas/validate", json={"schema": {"type": "thing"}, "values": {}})
        assert answer.status_code == 422

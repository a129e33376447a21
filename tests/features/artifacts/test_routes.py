"""The operations of artifacts."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, text

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.infra.db import Db
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow
from locum.tables.task_runs import task_run

EVENTS = text("SELECT event, related, payload FROM event ORDER BY seq")


async def _made(client: httpx.AsyncClient, key: str | None = "k", **fields: Any) -> dict[str, Any]:
    answer = await client.post("/artifacts/", json={"key": key, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _flow_run(db: Db) -> UUID:
    flow_id, run_id = new_id(), new_id()
    await db.run(insert(flow).values(id=flow_id, name=str(flow_id)))
    await db.run(insert(flow_run).values(id=run_id, flow_id=flow_id, name="run", state_type="RUNNING"))
    return run_id


class TestCreate:
    @pytest.mark.parametrize("data", [None, "x", 1, [1, {"a": None}], {"a": 1}])
    async def test_keeps_any_json(self, client: httpx.AsyncClient, data: Any):
        made = await _made(client, None, data=data, type="t", metadata_={"a": "b"})
        assert (await client.get(f"/artifacts/{made['id']}")).json() == made
        assert made["data"] == data

    async def test_long_metadata_are_cut(self, client: httpx.AsyncClient):
        assert (await _made(client, metadata_={"a": "x" * 501}))["metadata_"] == {"a": "x" * 500 + "..."}

    async def test_key_is_plain(self, client: httpx.AsyncClient):
        assert (await client.post("/artifacts/", json={"key": "A b"})).status_code == 422


class TestLatest:
    async def test_follows_what_is_made_and_deleted(self, client: httpx.AsyncClient):
        old, new = await _made(client, data=1), await _made(client, data=2)
        assert (await client.get("/artifacts/k/latest")).json()["data"] == 2
        assert (await client.delete(f"/artifacts/{new['id']}")).status_code == 204
        (latest,) = (await client.post("/artifacts/latest/filter", json={})).json()
        assert (latest["data"], latest["latest_id"]) == (1, old["id"])
        await client.delete(f"/artifacts/{old['id']}")
        assert (await client.get("/artifacts/k/latest")).status_code == 404
        assert (await client.post("/artifacts/latest/count", json={})).json() == 0

    async def test_changes_with_its_artifact_only(self, client: httpx.AsyncClient):
        old, new = await _made(client, data=1, description="d"), await _made(client, data=2, description="d")
        assert (await client.patch(f"/artifacts/{old['id']}", json={"data": "old"})).status_code == 204
        assert (await client.patch(f"/artifacts/{new['id']}", json={"data": None})).status_code == 204
        latest = (await client.get("/artifacts/k/latest")).json()
        assert (latest["data"], latest["description"]) == (None, "d")

    async def test_is_announced(self, client: httpx.AsyncClient, db: Db):
        run_id = await _flow_run(db)
        old, new = await _made(client, data=[1], flow_run_id=str(run_id)), await _made(client)
        await _made(client, None)
        for one in (new, old):
            await client.delete(f"/artifacts/{one['id']}")
        rows = await db.rows(EVENTS)
        did = [row["event"].removeprefix("prefect.artifact-collection.") for row in rows]
        assert did == ["created", "updated", "updated", "deleted"]
        assert f"prefect.flow-run.{run_id}" in rows[0]["related"]
        assert rows[0]["payload"] == '{"key":"k","type":null,"data":[1],"description":null}'


class TestList:
    async def test_filters(self, client: httpx.AsyncClient, db: Db):
        run_id = await _flow_run(db)
        await _made(client, "a", type="table", flow_run_id=str(run_id))
        await _made(client, "b", type="link")
        await _made(client, None, type="link")
        for wanted, count in (
            ({"artifacts": {"key": {"exists_": True}}}, 2),
            ({"artifacts": {"type": {"not_any_": ["table"]}}}, 2),
            ({"flow_runs": {"id": {"any_": [str(run_id)]}}}, 1),
            ({"flows": {"name": {"any_": ["none"]}}}, 0),
        ):
            assert (await client.post("/artifacts/count", json=wanted)).json() == count
            assert len((await client.post("/artifacts/filter", json=wanted)).json()) == count
        keys = [one["key"] for one in (await client.post("/artifacts/latest/filter", json={"sort": "KEY_ASC"})).json()]
        assert keys == ["a", "b"]

    async def test_nobody(self, client: httpx.AsyncClient):
        for answer in (
            await client.get(f"/artifacts/{new_id()}"),
            await client.patch(f"/artifacts/{new_id()}", json={"data": 1}),
            await client.delete(f"/artifacts/{new_id()}"),
        ):
            assert (answer.status_code, answer.json()) == (404, {"detail": "Artifact not found."})


class TestGraph:
    async def test_artifacts_lie_by_their_runs(self, client: httpx.AsyncClient, db: Db):
        run_id, task_id = await _flow_run(db), new_id()
        await db.run(
            insert(task_run).values(
                id=task_id,
                flow_run_id=run_id,
                name="t",
                task_key="t",
                dynamic_key="0",
                state_type="RUNNING",
                start_time=now(),
            )
        )
        old = await _made(client, "a", type="table", flow_run_id=str(run_id))
        await _made(client, "a", type="table", flow_run_id=str(run_id), data=[1], task_run_id=str(task_id))
        await _made(client, None, type="progress", data=50, flow_run_id=str(run_id))
        await _made(client, None, type="result", data=1, flow_run_id=str(run_id))
        graph = (await client.get(f"/flow_runs/{run_id}/graph-v2")).json()
        assert [(one["id"] == old["id"], one["is_latest"], one["data"]) for one in graph["artifacts"]] == [
            (True, False, None),
            (False, True, 50),
        ]
        assert [one["is_latest"] for one in graph["nodes"][0][1]["artifacts"]] == [True]

"""The operations of flows."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from locum.domain.ids import new_id
from locum.infra.db import Db
from tests.factories.runs import a_deployment, a_flow, a_run

NOBODY = "00000000-0000-4000-8000-000000000000"


async def _flow(client: httpx.AsyncClient, name: str, **given: Any) -> dict[str, Any]:
    answer = await client.post("/flows/", json={"name": name, **given})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _events(db: Db) -> list[tuple[str, str]]:
    rows = await db.rows(
        text("SELECT event, resource ->> 'prefect.resource.name' AS name FROM event ORDER BY txid, seq")
    )
    return [(row["event"].rpartition(".")[2], row["name"]) for row in rows]


class TestCreate:
    async def test_anew(self, client: httpx.AsyncClient, db: Db):
        made = await _flow(client, "it's", tags=["b", "a"], labels={"n": 1, "yes": True})
        assert (made["tags"], made["labels"]) == (["b", "a"], {"n": 1, "yes": True})
        assert made["created"] == made["updated"]
        assert (await client.get(f"/flows/{made['id']}")).json() == made
        assert await _events(db) == [("created", "it's")]

    async def test_a_name_that_is_there_already(self, client: httpx.AsyncClient, db: Db):
        made = await _flow(client, "a", tags=["first"])
        again = await client.post("/flows/", json={"name": "a", "tags": ["second"]})
        assert (again.status_code, again.json()) == (200, made)
        assert await _events(db) == [("created", "a")]

    async def test_many_at_once_make_one(self, client: httpx.AsyncClient, db: Db):
        answers = await asyncio.gather(*(client.post("/flows/", json={"name": "a"}) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert await db.value(text("SELECT count(*) FROM flow")) == 1
        assert await _events(db) == [("created", "a")]

    @pytest.mark.parametrize(
        "body", [{}, {"name": "a/b"}, {"name": ""}, {"name": "a", "x": 1}, {"name": "a", "tags": 1}]
    )
    async def test_what_is_none(self, client: httpx.AsyncClient, body: dict[str, Any]):
        assert (await client.post("/flows/", json=body)).status_code == 422


class TestRead:
    async def test_by_name(self, client: httpx.AsyncClient):
        made = await _flow(client, "a flow, #1?")
        assert (await client.get("/flows/name/a%20flow%2C%20%231%3F")).json() == made

    @pytest.mark.parametrize("path", [f"/flows/{NOBODY}", "/flows/name/nobody"])
    async def test_nobody(self, client: httpx.AsyncClient, path: str):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Flow not found"})

    async def test_lists_counts_and_pages(self, client: httpx.AsyncClient):
        for name in "cab":
            await _flow(client, name, tags=["even"] if name == "b" else [])
        listed = (await client.post("/flows/filter", json={})).json()
        assert [one["name"] for one in listed] == ["a", "b", "c"]
        newest = (await client.post("/flows/filter", json={"sort": "CREATED_DESC", "limit": 2})).json()
        assert [one["name"] for one in newest] == ["b", "a"]
        tagged = {"flows": {"tags": {"all_": ["even"]}}}
        assert (await client.post("/flows/count", json=tagged)).json() == 1
        page = (await client.post("/flows/paginate", json={"limit": 2, "page": 2})).json()
        assert ([one["name"] for one in page["results"]], page["count"], page["pages"]) == (["c"], 3, 2)


class TestUpdate:
    async def test_tags(self, client: httpx.AsyncClient, db: Db):
        made = await _flow(client, "a", tags=["old"], labels={"l": "1"})
        assert (await client.patch(f"/flows/{made['id']}", json={"tags": ["new"]})).status_code == 204
        found = (await client.get(f"/flows/{made['id']}")).json()
        assert found == {**made, "tags": ["new"], "updated": found["updated"]}
        assert found["updated"] > made["updated"]
        assert await _events(db) == [("created", "a"), ("updated", "a")]

    async def test_what_is_not_given_stays(self, client: httpx.AsyncClient):
        made = await _flow(client, "a", tags=["old"])
        assert (await client.patch(f"/flows/{made['id']}", json={})).status_code == 204
        assert (await client.get(f"/flows/{made['id']}")).json()["tags"] == ["old"]

    async def test_none_at_all(self, client: httpx.AsyncClient):
        made = await _flow(client, "a", tags=["old"])
        assert (await client.patch(f"/flows/{made['id']}", json={"tags": []})).status_code == 204
        assert (await client.get(f"/flows/{made['id']}")).json()["tags"] == []

    async def test_nobody(self, client: httpx.AsyncClient, db: Db):
        answer = await client.patch(f"/flows/{NOBODY}", json={"tags": []})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Flow not found"})
        assert await _events(db) == []


class TestDelete:
    async def test_with_all_that_hangs_on_it(self, client: httpx.AsyncClient, db: Db):
        flow, other = await a_flow(db), await a_flow(db)
        for each in (flow, other):
            run = await a_run(db, each, deployment_id=await a_deployment(db, each))
            assert (
                await client.post(f"/flow_runs/{run}/set_state", json={"state": {"type": "RUNNING"}, "force": True})
            ).status_code == 201
            body = {"task_key": "k", "dynamic_key": "0", "flow_run_id": str(run)}
            task_run = (await client.post("/task_runs/", json=body)).json()["id"]
            line = {"name": "l", "level": 20, "message": "m", "timestamp": "2026-11-22T12:00:00Z"}
            await client.post("/logs/", json=[{**line, "flow_run_id": str(run), "task_run_id": task_run}])
        assert (await client.delete(f"/flows/{flow}")).status_code == 204
        for table in ("flow", "flow_run", "deployment", "flow_run_state", "task_run", "task_run_state", "log"):
            assert await db.value(text(f"SELECT count(*) FROM {table}")) == 1, table
        assert (await _events(db))[-1] == ("deleted", str(flow))
        assert (await client.delete(f"/flows/{flow}")).status_code == 404

    async def test_many_by_filter(self, client: httpx.AsyncClient, db: Db):
        flows = [await _flow(client, name, tags=["gone"] if name in "ac" else []) for name in "abc"]
        for flow in flows:
            await a_deployment(db, flow["id"])
            await a_run(db, flow["id"])
        answer = await client.post("/flows/bulk_delete", json={"flows": {"tags": {"all_": ["gone"]}}})
        assert set(answer.json()["deleted"]) == {flows[0]["id"], flows[2]["id"]}
        for table in ("flow", "flow_run", "deployment"):
            assert await db.value(text(f"SELECT count(*) FROM {table}")) == 1
        assert {name for what, name in await _events(db) if what == "deleted"} == {"a", "c"}

    async def test_the_first_by_name_up_to_the_limit(self, client: httpx.AsyncClient):
        for name in "cab":
            await _flow(client, name)
        assert len((await client.post("/flows/bulk_delete", json={"limit": 2})).json()["deleted"]) == 2
        assert [flow["name"] for flow in (await client.post("/flows/filter", json={})).json()] == ["c"]

    @pytest.mark.parametrize("limit", [0, 51])
    async def test_limits(self, client: httpx.AsyncClient, limit: int):
        assert (await client.post("/flows/bulk_delete", json={"limit": limit})).status_code == 422

    async def test_none(self, client: httpx.AsyncClient):
        wanted = {"flows": {"id": {"any_": [str(new_id())]}}}
        answer = await client.post("/flows/bulk_delete", json=wanted)
        assert (answer.status_code, answer.json()) == (200, {"deleted": []})

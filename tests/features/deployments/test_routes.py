"""Deployments over HTTP: making, replacing, changing, running; and how many statements that takes."""

from typing import Any, Self
from uuid import uuid4

import httpx
import orjson
import pytest
from sqlalchemy import select

from locum.infra.db import Db
from locum.tables.events import event

SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
HOURLY = {"interval": 3600, "anchor_date": "2030-01-01T00:00:00Z"}


async def _flow(client: httpx.AsyncClient) -> str:
    return (await client.post("/flows/", json={"name": f"f-{uuid4().hex}"})).json()["id"]


async def _deploy(client: httpx.AsyncClient, flow_id: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/deployments/", json={"flow_id": flow_id, "name": "d", **more})
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


class Counted:
    """How many statements a block took."""

    def __init__(self, db: Db) -> None:
        """Count from `with` on."""
        self._db = db
        self.count = 0

    def __enter__(self) -> Self:
        self._before = self._db.statements
        return self

    def __exit__(self, *_: object) -> None:
        self.count = self._db.statements - self._before


class TestCreate:
    async def test_then_replace(self, client: httpx.AsyncClient, db: Db):
        flow_id = await _flow(client)
        first = await client.post("/deployments/", json={"flow_id": flow_id, "name": "d", "tags": ["a"]})
        again = await client.post("/deployments/", json={"flow_id": flow_id, "name": "d", "description": "more"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["id"] == first.json()["id"]
        assert again.json()["tags"] == ["a"]
        told = await db.rows(select(event.c.event, event.c.payload).where(event.c.event.like("prefect.deployment.%")))
        assert [row["event"] for row in told] == ["prefect.deployment.created", "prefect.deployment.updated"]
        updates = orjson.loads(told[1]["payload"])["updates"]
        assert updates == {"description": {"from": None, "to": "more"}}

    async def test_replacing_takes_planned_runs_and_schedules_along(self, client: httpx.AsyncClient):
        flow_id = await _flow(client)
        made = await _deploy(client, flow_id, paused=True, schedules=[{"schedule": HOURLY, "slug": "s"}])
        await client.post(f"/deployments/{made['id']}/schedule", json={})
        mine = {"deployments": {"id": {"any_": [made["id"]]}}}
        assert (await client.post("/flow_runs/count", json=mine)).json() == 3
        again = await _deploy(client, flow_id, paused=True, schedules=[{"schedule": HOURLY, "slug": "s"}])
        assert (await client.post("/flow_runs/count", json=mine)).json() == 0
        assert [one["slug"] for one in again["schedules"]] == ["s"]
        assert again["schedules"][0]["id"] != made["schedules"][0]["id"]

    async def test_schemas_that_would_explode_are_refused(self, client: httpx.AsyncClient):
        flow_id = await _flow(client)
        parts = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(30)}
        schema = {"$ref": "#/$defs/d0", "$defs": {**parts, "d30": {"type": "string"}}}
        body = {"flow_id": flow_id, "name": "d", "enforce_parameter_schema": True, "parameter_openapi_schema": schema}
        assert (await client.post("/deployments/", json=body)).status_code == 422
        made = await _deploy(client, flow_id, parameter_openapi_schema=schema)
        answer = await client.post(f"/deployments/{made['id']}/create_flow_run", json={})
        assert answer.status_code == 422

    async def test_a_limit_of_its_own_goes_with_it(self, client: httpx.AsyncClient):
        made = await _deploy(client, await _flow(client), concurrency_limit=2)
        limit = made["global_concurrency_limit"]
        assert (limit["name"], limit["limit"]) == (f"deployment:{made['id']}", 2)
        await client.delete(f"/deployments/{made['id']}")
        assert (await client.get(f"/v2/concurrency_limits/{limit['id']}")).status_code == 404

    async def test_a_shared_limit_stays(self, client: httpx.AsyncClient):
        shared = (await client.post("/v2/concurrency_limits/", json={"name": "all", "limit": 5})).json()["id"]
        made = await _deploy(client, await _flow(client), global_concurrency_limit_id=shared)
        assert made["global_concurrency_limit"]["id"] == shared
        await client.delete(f"/deployments/{made['id']}")
        assert (await client.get(f"/v2/concurrency_limits/{shared}")).status_code == 200


class TestChange:
    async def test_schedules_by_slug(self, client: httpx.AsyncClient):
        made = await _deploy(
            client,
            await _flow(client),
            schedules=[{"schedule": HOURLY, "slug": "a"}, {"schedule": HOURLY, "slug": "b"}],
        )
        where = f"/deployments/{made['id']}"
        changes = [{"slug": "c", "replaces": "a", "active": False}, {"slug": "new", "schedule": HOURLY}]
        assert (await client.patch(where, json={"schedules": changes})).status_code == 204
        found = (await client.get(f"{where}/schedules")).json()
        assert {one["slug"]: one["active"] for one in found} == {"b": True, "c": False, "new": True}
        swapped = [{"slug": "c", "replaces": "b"}, {"slug": "b", "replaces": "c"}]
        assert (await client.patch(where, json={"schedules": swapped})).status_code == 204

    async def test_too_many_planned_runs(self, client: httpx.AsyncClient):
        made = await _deploy(client, await _flow(client))
        for most, status in ((50, 201), (51, 422)):
            body = [{"schedule": HOURLY, "max_scheduled_runs": most}]
            assert (await client.post(f"/deployments/{made['id']}/schedules", json=body)).status_code == status

    async def test_unknown_pool(self, client: httpx.AsyncClient):
        made = await _deploy(client, await _flow(client))
        answer = await client.patch(f"/deployments/{made['id']}", json={"work_pool_name": "none"})
        assert answer.status_code == 404


class TestRun:
    async def test_bulk(self, client: httpx.AsyncClient):
        made = await _deploy(client, await _flow(client), parameter_openapi_schema=SCHEMA)
        bulk = f"/deployments/{made['id']}/create_flow_run/bulk"
        answer = await client.post(bulk, json=[{"parameters": {"n": 1}}, {"parameters": {"n": "x"}}, {}])
        assert [one["status"] for one in answer.json()["results"]] == ["CREATED", "FAILED", "FAILED"]

    async def test_bulk_has_words_of_its_own(self, client: httpx.AsyncClient):
        broken = {"n": {"__prefect_kind": "json", "value": "{"}}
        for schema, parameters, told in (
            (SCHEMA, broken, "Invalid JSON: "),
            (SCHEMA, {"n": "x"}, "Parameter validation failed: "),
            (None, {}, "Parameter schema enforcement is enabled but deployment has no valid schema."),
        ):
            made = await _deploy(client, await _flow(client), parameter_openapi_schema=schema)
            bulk = f"/deployments/{made['id']}/create_flow_run/bulk"
            answer = await client.post(bulk, json=[{"parameters": parameters, "enforce_parameter_schema": True}])
            assert answer.json()["results"][0]["error"].startswith(told)

    async def test_idempotency(self, client: httpx.AsyncClient):
        made = await _deploy(client, await _flow(client))
        go = f"/deployments/{made['id']}/create_flow_run"
        answers = [await client.post(go, json={"idempotency_key": "k"}) for _ in range(2)]
        assert [one.status_code for one in answers] == [201, 200]
        assert answers[0].json()["id"] == answers[1].json()["id"]

    async def test_whoever_asks_for_runs_makes_it_ready(self, client: httpx.AsyncClient):
        made = await _deploy(client, await _flow(client))
        await client.post("/deployments/get_scheduled_flow_runs", json={"deployment_ids": [made["id"]]})
        assert (await client.get(f"/deployments/{made['id']}")).json()["status"] == "READY"


class TestWorkQueueCheck:
    async def test_filters_of_old_queues(self, client: httpx.AsyncClient):
        made = await _deploy(client, await _flow(client), tags=["a", "b"])
        for name, wanted in (
            ("some", {"tags": ["a"]}),
            ("others", {"tags": ["z"]}),
            ("mine", {"deployment_ids": [made["id"]]}),
            ("none", None),
        ):
            await client.post("/work_queues/", json={"name": name, "filter": wanted})
        answer = await client.get(f"/deployments/{made['id']}/work_queue_check")
        assert [one["name"] for one in answer.json()] == ["some", "mine"]


class TestStatements:
    """BEGIN and COMMIT are counted where there is a transaction."""

    @pytest.mark.parametrize("more", [{}, {"schedules": [{"schedule": HOURLY}]}])
    async def test_create(self, client: httpx.AsyncClient, db: Db, more: dict[str, Any]):
        flow_id = await _flow(client)
        for _ in range(2):
            with Counted(db) as counted:
                await _deploy(client, flow_id, **more)
            assert counted.count == 2 + 3

    async def test_read_and_run(self, client: httpx.AsyncClient, db: Db):
        made = await _deploy(client, await _flow(client), schedules=[{"schedule": HOURLY}])
        where = f"/deployments/{made['id']}"
        for method, path, body, statements in (
            ("GET", where, None, 1),
            ("POST", "/deployments/filter", {}, 1),
            ("POST", "/deployments/paginate", {}, 2),
            ("GET", f"{where}/schedules", None, 1),
            ("POST", f"{where}/create_flow_run", {}, 2),
            ("PATCH", where, {"tags": ["x"], "enforce_parameter_schema": False}, 2 + 2),
            ("POST", f"{where}/pause_deployment", None, 2 + 2),
            ("POST", f"{where}/resume_deployment", None, 2 + 1),
            ("DELETE", where, None, 2 + 2),
        ):
            with Counted(db) as counted:
                answer = await client.request(method, path, json=body)
            assert answer.status_code < 300, answer.text
            assert counted.count == statements, (method, path)

"""Inputs of flow runs, and pauses that wait for them."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text

from locum.infra.db import Db
from tests.factories.runs import a_deployment, a_flow, a_run

NOBODY = "00000000-0000-4000-8000-000000000000"
KEYSET = {"schema": "s", "response": "r"}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


async def _paused(db: Db, **details: Any) -> str:
    flow = await a_flow(db)
    deployment = await a_deployment(db, flow)
    return str(await a_run(db, flow, "PAUSED", deployment_id=deployment, state_details=details))


async def _input(client: httpx.AsyncClient, run: str, key: str, value: str, **more: Any) -> httpx.Response:
    return await client.post(f"/flow_runs/{run}/input", json={"key": key, "value": value, **more})


async def _resume(client: httpx.AsyncClient, run: str, **body: Any) -> tuple[int, str, Any]:
    answer = await client.post(f"/flow_runs/{run}/resume", json=body)
    found = answer.json()
    return answer.status_code, found["status"], found["details"].get("reason")


class TestInputs:
    async def test_come_back_as_they_went_in(self, client: httpx.AsyncClient, db: Db):
        run = await _paused(db)
        value = 'é \U0001f600 " \\ \n'
        assert (await _input(client, run, "k", value, sender="me")).status_code == 201
        answer = await client.get(f"/flow_runs/{run}/input/k")
        assert (answer.text, answer.headers["content-type"]) == (value, "text/plain; charset=utf-8")
        assert (await _input(client, run, "k", "other")).status_code == 409
        assert (await _input(client, NOBODY, "k", "1")).status_code == 404
        assert (await client.delete(f"/flow_runs/{run}/input/k")).status_code == 204
        for method in ("GET", "DELETE"):
            assert (await client.request(method, f"/flow_runs/{run}/input/k")).status_code == 404

    async def test_filter(self, client: httpx.AsyncClient, db: Db):
        run = await _paused(db)
        for key in ("a1", "b1", "a2", "a3"):
            await _input(client, run, key, key)
        body = {"prefix": "a", "limit": 5, "exclude_keys": ["a2"]}
        found = (await client.post(f"/flow_runs/{run}/input/filter", json=body)).json()
        assert [one["key"] for one in found] == ["a1", "a3"]
        found = (await client.post(f"/flow_runs/{run}/input/filter", json={"prefix": ""})).json()
        assert [one["key"] for one in found] == ["a1"]


class TestResume:
    async def test_a_blocking_pause(self, client: httpx.AsyncClient, db: Db):
        run = await _paused(db)
        assert await _resume(client, run) == (201, "ACCEPT", None)
        assert (await client.get(f"/flow_runs/{run}")).json()["state_type"] == "RUNNING"

    async def test_a_suspension(self, client: httpx.AsyncClient, db: Db):
        run = await _paused(db, pause_reschedule=True)
        assert (await _resume(client, run))[1] == "ACCEPT"
        found = (await client.get(f"/flow_runs/{run}")).json()
        assert (found["state_type"], found["state_name"]) == ("SCHEDULED", "Resuming")

    async def test_what_is_not_paused(self, client: httpx.AsyncClient, db: Db):
        run = await a_run(db, await a_flow(db), "RUNNING")
        assert await _resume(client, str(run)) == (200, "ABORT", "Cannot resume a flow run that is not paused.")
        assert (await client.post(f"/flow_runs/{NOBODY}/resume", json={})).status_code == 404

    async def test_many_at_once_resume_once(self, client: httpx.AsyncClient, db: Db):
        run = await _paused(db, run_input_keyset=KEYSET)
        await _input(client, run, "s", orjson.dumps(SCHEMA).decode())
        results = await asyncio.gather(*(_resume(client, run, run_input={"n": n}) for n in range(8)))
        assert sorted(status for _, status, _ in results) == ["ABORT"] * 7 + ["ACCEPT"]
        accepted = next(n for n, (_, status, _) in enumerate(results) if status == "ACCEPT")
        assert (await client.get(f"/flow_runs/{run}/input/r")).json() == {"n": accepted}
        assert await db.value(text("SELECT count(*) FROM flow_run_state")) == 1

    @pytest.mark.parametrize(
        ("schema", "given", "reason"),
        [
            (None, {"n": 1}, "Run input schema not found."),
            ("{", {"n": 1}, "Run input schema is not valid JSON."),
            (SCHEMA, {}, "Reason"),
            (SCHEMA, {"n": "x"}, "Reason"),
            ({"$ref": "#"}, {"n": 1}, "circular"),
            ({"type": 5}, {"n": 1}, "Reason"),
        ],
    )
    async def test_input_that_does_not_do(
        self, client: httpx.AsyncClient, db: Db, schema: Any, given: dict[str, Any], reason: str
    ):
        run = await _paused(db, run_input_keyset=KEYSET)
        if schema is not None:
            await _input(client, run, "s", schema if isinstance(schema, str) else orjson.dumps(schema).decode())
        code, status, why = await _resume(client, run, run_input=given)
        assert (code, status, reason in why) == (200, "REJECT", True), why
        assert (await client.get(f"/flow_runs/{run}")).json()["state_type"] == "PAUSED"

    @pytest.mark.parametrize("schema", ["[1]", "5", "null", '"a"'])
    async def test_a_schema_that_is_none(self, client: httpx.AsyncClient, db: Db, schema: str):
        run = await _paused(db, run_input_keyset=KEYSET)
        await _input(client, run, "s", schema)
        assert (await client.post(f"/flow_runs/{run}/resume", json={"run_input": {"n": 1}})).status_code < 500

    @pytest.mark.parametrize("keyset", [{"a": "b"}, {"schema": "s"}, {"response": "r"}])
    async def test_a_keyset_that_lacks_a_key(self, client: httpx.AsyncClient, db: Db, keyset: dict[str, str]):
        run = await _paused(db, run_input_keyset=keyset)
        await _input(client, run, "s", orjson.dumps(SCHEMA).decode())
        assert (await _resume(client, run, run_input={"n": 1}))[:2] == (200, "REJECT")

    async def test_an_answer_that_is_there_already_changes_nothing(self, client: httpx.AsyncClient, db: Db):
        run = await _paused(db, run_input_keyset=KEYSET)
        await _input(client, run, "s", orjson.dumps(SCHEMA).decode())
        await _input(client, run, "r", "1")
        assert (await client.post(f"/flow_runs/{run}/resume", json={"run_input": {"n": 1}})).status_code == 409
        assert (await client.get(f"/flow_runs/{run}")).json()["state_type"] == "PAUSED"

    async def test_pausing_anew_forgets_what_was_answered(self, client: httpx.AsyncClient, db: Db):
        run = str(await a_run(db, await a_flow(db), "RUNNING"))
        for key in ("s", "r", "other"):
            await _input(client, run, key, "1")
        state = {"type": "PAUSED", "state_details": {"run_input_keyset": KEYSET, "pause_key": "p"}}
        answer = await client.post(f"/flow_runs/{run}/set_state", json={"state": state})
        assert answer.json()["status"] == "ACCEPT"
        left = await db.rows(text("SELECT key FROM flow_run_input"))
        assert [row["key"] for row in left] == ["other"]

"""Base job templates whose defaults refer to blocks, by everything that looks at them."""

from typing import Any

import httpx

from locum.domain.ids import new_id
from locum.infra.db import Db

SECRET = "a value that nobody is to see"


async def _posted(client: httpx.AsyncClient, path: str, body: Any) -> str:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _block(client: httpx.AsyncClient, **data: Any) -> str:
    fields = {"title": "Engine", "properties": {"key": {"type": "string"}}, "secret_fields": ["key"]}
    kind = await _posted(client, "/block_types/", {"name": "Engine", "slug": "engine"})
    schema = await _posted(client, "/block_schemas/", {"block_type_id": kind, "fields": fields})
    body = {"name": "b", "block_type_id": kind, "block_schema_id": schema, "data": {"key": SECRET, **data}}
    return await _posted(client, "/block_documents/", body)


def _template(block_id: str, **rules: Any) -> dict[str, Any]:
    default = {"$ref": {"block_document_id": block_id}}
    properties = {"engine": {"type": "object", **rules, "default": default}, "cpu": {"type": "integer"}}
    variables = {"type": "object", "required": ["engine"], "properties": properties}
    return {"job_configuration": {"engine": "{{ engine }}"}, "variables": variables}


async def _pool(client: httpx.AsyncClient, name: str, template: dict[str, Any]) -> httpx.Response:
    return await client.post("/work_pools/", json={"name": name, "type": "process", "base_job_template": template})


async def _deployment(client: httpx.AsyncClient, name: str, **more: Any) -> httpx.Response:
    flow = (await client.post("/flows/", json={"name": "f"})).json()["id"]
    return await client.post("/deployments/", json={"flow_id": flow, "name": name, "work_pool_name": "p", **more})


async def test_a_pools_defaults_are_held_against_the_block_with_its_secrets_hidden(client: httpx.AsyncClient):
    block = await _block(client)
    assert (await _pool(client, "p", _template(block, required=["key"]))).status_code == 201
    refused = await _pool(client, "q", _template(block, maxProperties=0))
    assert refused.status_code == 422
    assert "********" in refused.text
    assert SECRET not in refused.text


async def test_blocks_are_read_where_a_template_refers_to_some(client: httpx.AsyncClient, db: Db):
    plain = _template("")
    plain["variables"]["properties"]["engine"]["default"] = {}
    for name, template, statements in (("plain", plain, 1), ("p", _template(await _block(client)), 2)):
        before = db.statements
        assert (await _pool(client, name, template)).status_code == 201
        assert db.statements - before == statements


async def test_missing_blocks_are_not_found(client: httpx.AsyncClient):
    for identity in (str(new_id()), "no id"):
        answer = await _pool(client, "p", _template(identity))
        assert (answer.status_code, answer.json()["detail"]) == (404, "Block not found.")


async def test_deployments_and_runs_find_a_block_until_it_is_gone(client: httpx.AsyncClient):
    block = await _block(client)
    await _pool(client, "p", _template(block))
    deployment = (await _deployment(client, "d", job_variables={"cpu": 1})).json()["id"]
    run = await _posted(client, f"/deployments/{deployment}/create_flow_run", {})
    action = {"type": "run-deployment", "deployment_id": deployment, "job_variables": {"cpu": 1}}
    trigger = {"type": "event", "posture": "Reactive", "expect": ["never"]}

    async def statuses() -> list[int]:
        answers = [
            await _deployment(client, "e", job_variables={"cpu": 2}),
            await client.post(f"/deployments/{deployment}/create_flow_run", json={}),
            await client.patch(f"/flow_runs/{run}", json={"job_variables": {"cpu": 2}}),
            await client.post("/automations/", json={"name": "a", "trigger": trigger, "actions": [action]}),
        ]
        return [answer.status_code for answer in answers]

    async def many() -> list[tuple[str, str | None]]:
        answer = await client.post(f"/deployments/{deployment}/create_flow_run/bulk", json=[{}, {"job_variables": {}}])
        return [(one["status"], one["error"]) for one in answer.json()["results"]]

    assert await statuses() == [201, 201, 204, 201]
    assert await many() == [("CREATED", None)] * 2
    await client.delete(f"/block_documents/{block}")
    assert await statuses() == [404] * 4
    assert await many() == [("FAILED", "Block not found.")] * 2
    # without job variables of their own, deployments do not look at the template
    assert (await _deployment(client, "g")).status_code == 201
    changed = {"work_pool_name": "p", "job_variables": {"cpu": 2}}
    assert (await client.patch(f"/deployments/{deployment}", json=changed)).status_code == 204

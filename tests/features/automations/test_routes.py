"""The operations on automations."""

import time
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from locum.domain.ids import new_id
from locum.infra.db import Db
from tests.factories.automations import actions, triggers, without_ids

EVENT: dict[str, Any] = {"type": "event", "posture": "Reactive"}
NOTHING: dict[str, Any] = {"type": "do-nothing"}
INFERRED: dict[str, Any] = {"type": "run-deployment", "source": "inferred"}
ANNOUNCED = text("SELECT event, resource, payload FROM event WHERE event LIKE 'prefect.automation.%' ORDER BY seq")
NOT_FOUND = (404, {"exception_message": "Automation not found"})


def _body(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": name, "trigger": EVENT, "actions": [NOTHING], **more}


async def _made(client: httpx.AsyncClient, name: str = "a", **more: Any) -> dict[str, Any]:
    answer = await client.post("/automations/", json=_body(name, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _read(client: httpx.AsyncClient, automation: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"/automations/{automation['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _related(client: httpx.AsyncClient, resource: str) -> list[str]:
    return [automation["name"] for automation in (await client.get(f"/automations/related-to/{resource}")).json()]


class TestCreate:
    async def test_says_what_was_left_out(self, client: httpx.AsyncClient):
        made = await _made(client)
        assert made == await _read(client, made)
        assert {name: made[name] for name in ("description", "enabled", "tags")} == {
            "description": "",
            "enabled": True,
            "tags": [],
        }
        assert (made["actions"], made["actions_on_trigger"], made["actions_on_resolve"]) == ([NOTHING], [], [])

    @settings(max_examples=40)
    @given(trigger=triggers, acts=st.lists(actions, max_size=3), on_change=st.lists(actions, max_size=2))
    async def test_keeps_what_it_takes(
        self,
        client: httpx.AsyncClient,
        trigger: dict[str, Any],
        acts: list[dict[str, Any]],
        on_change: list[dict[str, Any]],
    ):
        lists: dict[str, Any] = {"actions": acts, "actions_on_trigger": on_change, "actions_on_resolve": acts}
        made = await _made(client, trigger=trigger, **lists)
        assert without_ids(made["trigger"]) == trigger
        assert {name: made[name] for name in lists} == lists
        assert await _read(client, made) == made
        again = {name: value for name, value in made.items() if name not in {"id", "created", "updated"}}
        assert (await client.put(f"/automations/{made['id']}", json=again)).status_code == 204
        changed = await _read(client, made)
        assert without_ids(changed["trigger"]) == trigger
        assert {name: changed[name] for name in lists} == lists

    async def test_chooses_the_ids(self, client: httpx.AsyncClient):
        mine = str(new_id())
        inner = {"type": "sequence", "within": 1, "id": mine, "triggers": [{**EVENT, "id": mine}, EVENT]}
        trigger = (await _made(client, trigger=inner))["trigger"]
        assert len({mine, trigger["id"], *(one["id"] for one in trigger["triggers"])}) == 4

    async def test_tells_of_the_kind_that_is_meant(self, client: httpx.AsyncClient):
        body = _body(trigger={**EVENT, "threshold": "many"}, actions=[NOTHING, {"type": "fly"}])
        answer = await client.post("/automations/", json=body)
        assert answer.status_code == 422
        places = [problem["loc"] for problem in answer.json()["exception_detail"]]
        assert places == [["body", "trigger", "threshold"], ["body", "actions", 1, "type"]]

    @pytest.mark.parametrize("field", ["name", "trigger", "actions"])
    async def test_needs(self, client: httpx.AsyncClient, field: str):
        body = _body()
        del body[field]
        answer = await client.post("/automations/", json=body)
        assert (answer.status_code, answer.json()["exception_detail"][0]["type"]) == (422, "missing")


class TestLimits:
    @pytest.mark.parametrize(
        ("more", "words"),
        [
            (
                {"trigger": {"type": "sequence", "within": 1, "triggers": [EVENT] * 100}},
                "100 triggers at most, not 101",
            ),
            ({"actions": [NOTHING] * 60, "actions_on_resolve": [NOTHING] * 41}, "100 actions at most, not 101"),
            ({"trigger": {**EVENT, "expect": ["x" * 262_144]}}, "262144 bytes of JSON at most"),
        ],
    )
    async def test_of_size(self, client: httpx.AsyncClient, more: dict[str, Any], words: str):
        answer = await client.post("/automations/", json=_body(**more))
        assert answer.status_code == 422
        assert words in answer.json()["detail"]
        made = await _made(client)
        assert (await client.put(f"/automations/{made['id']}", json=_body(**more))).status_code == 422
        assert await _read(client, made) == made

    @pytest.mark.parametrize(("depth", "status"), [(10, 201), (11, 422), (60, 422)])
    async def test_of_depth(self, client: httpx.AsyncClient, depth: int, status: int):
        trigger = EVENT
        for _ in range(depth - 1):
            trigger = {"type": "compound", "within": 1, "require": 1, "triggers": [trigger]}
        assert (await client.post("/automations/", json=_body(trigger=trigger))).status_code == status

    async def test_are_told_before_what_else_is_wrong(self, client: httpx.AsyncClient):
        """Told at each of the levels around, these mistakes would take minutes, as would the templates."""
        trigger: dict[str, Any] = {"type": "sequence", "within": 1, "triggers": [0] * 200_000}
        for _ in range(80):
            trigger = {"type": "sequence", "within": 1, "triggers": [trigger]}
        run = {"type": "run-deployment", "parameters": {str(number): "{{" for number in range(200_000)}}
        began = time.perf_counter()
        answer = await client.post("/automations/", json=_body(trigger=trigger))
        assert answer.json() == {"detail": "An automation may have 100 triggers at most, not 200081."}
        answer = await client.post("/automations/", json=_body(actions=[run]))
        assert "262144 bytes of JSON at most" in answer.json()["detail"]
        assert time.perf_counter() - began < 5


class TestChange:
    async def test_keeps_what_is_left_out(self, client: httpx.AsyncClient):
        made = await _made(client, description="d", tags=["t"], enabled=False, actions_on_trigger=[NOTHING])
        assert (await client.put(f"/automations/{made['id']}", json=_body("b", actions=[]))).status_code == 204
        read = await _read(client, made)
        assert (read["name"], read["actions"]) == ("b", [])
        for field in ("description", "tags", "enabled", "actions_on_trigger"):
            assert read[field] == made[field]

    async def test_takes_what_is_empty(self, client: httpx.AsyncClient):
        made = await _made(client, description="d", tags=["t"], actions_on_resolve=[NOTHING])
        body = _body(description="", tags=[], actions_on_resolve=[], enabled=False)
        assert (await client.put(f"/automations/{made['id']}", json=body)).status_code == 204
        read = await _read(client, made)
        assert (read["description"], read["tags"], read["actions_on_resolve"], read["enabled"]) == ("", [], [], False)

    async def test_switches(self, client: httpx.AsyncClient):
        made = await _made(client)
        for body, enabled in (({"enabled": False}, False), ({}, False), ({"enabled": True}, True)):
            assert (await client.patch(f"/automations/{made['id']}", json=body)).status_code == 204
            assert (await _read(client, made))["enabled"] is enabled

    @pytest.mark.parametrize("body", [{"enabled": None}, {"enabled": "perhaps"}, {"name": "b"}])
    async def test_switches_and_no_more(self, client: httpx.AsyncClient, body: dict[str, Any]):
        made = await _made(client)
        assert (await client.patch(f"/automations/{made['id']}", json=body)).status_code == 422

    @pytest.mark.parametrize("body", [{"enabled": True}, {}])
    async def test_what_would_set_itself_off_stays_off(self, client: httpx.AsyncClient, body: dict[str, Any]):
        trigger = {**EVENT, "expect": ["prefect.flow-run.Running"]}
        made = await _made(client, trigger=trigger, actions=[INFERRED], enabled=False)
        answer = await client.patch(f"/automations/{made['id']}", json=body)
        assert answer.status_code == 422
        (problem,) = answer.json()["exception_detail"]
        assert (problem["loc"], problem["input"]["id"]) == ([], made["id"])
        assert "infinite loop of flow runs" in problem["msg"]
        assert (await client.patch(f"/automations/{made['id']}", json={"enabled": False})).status_code == 204

    async def test_nobody(self, client: httpx.AsyncClient):
        path = f"/automations/{new_id()}"
        for answer in (
            await client.get(path),
            await client.put(path, json=_body()),
            await client.patch(path, json={}),
            await client.delete(path),
        ):
            assert (answer.status_code, answer.json()) == NOT_FOUND

    async def test_delete(self, client: httpx.AsyncClient):
        made = await _made(client, owner_resource="owner")
        assert (await client.delete(f"/automations/{made['id']}")).status_code == 204
        answer = await client.get(f"/automations/{made['id']}")
        assert (answer.status_code, answer.json()) == NOT_FOUND
        assert await _related(client, "owner") == []


class TestList:
    async def test_filters_and_sorts(self, client: httpx.AsyncClient):
        for name, tags in (("b", ["x"]), ("c", []), ("a", ["x", "y"])):
            await _made(client, name, tags=tags)

        async def names(**body: Any) -> list[str]:
            found = (await client.post("/automations/filter", json=body)).json()
            if "automations" in body:
                counted = await client.post("/automations/count", json={"automations": body["automations"]})
                assert counted.json() == len(found)
            return [automation["name"] for automation in found]

        assert await names() == ["a", "b", "c"]
        assert await names(sort="NAME_DESC", limit=2) == ["c", "b"]
        assert await names(sort="CREATED_DESC", offset=1) == ["c", "b"]
        assert await names(automations={"tags": {"all_": ["x", "y"]}}) == ["a"]
        assert await names(automations={"tags": {"any_": ["y", "z"]}}) == ["a"]
        assert await names(automations={"tags": {"is_null_": True}}) == ["c"]
        assert await names(automations={"name": {"any_": ["a", "c"]}}) == ["a", "c"]
        assert await names(automations={"created": {"before_": "2020-01-01T00:00:00Z"}}) == []


class TestResources:
    async def test_owner_and_named(self, client: httpx.AsyncClient):
        owner, other = (f"prefect.deployment.{new_id()}" for _ in range(2))
        run = {"type": "run-deployment", "deployment_id": other.rpartition(".")[2]}
        one = await _made(client, "one", owner_resource=owner, actions=[run, run])
        two = await _made(client, "two", owner_resource=other, actions=[run])
        assert (await _related(client, owner), await _related(client, other)) == (["one"], ["one", "two"])
        for made in (one, two):
            assert (await client.put(f"/automations/{made['id']}", json=_body(made["name"]))).status_code == 204
        assert (await _related(client, owner), await _related(client, other)) == (["one"], ["two"])

    async def test_what_is_owned_goes_unannounced(self, client: httpx.AsyncClient, db: Db):
        for name in ("one", "two"):
            await _made(client, name, owner_resource="owner")
        run = {"type": "run-deployment", "deployment_id": str(new_id())}
        await _made(client, "three", actions=[run])
        for resource in ("owner", "nobody", f"prefect.deployment.{run['deployment_id']}"):
            answer = await client.delete(f"/automations/owned-by/{resource}")
            assert (answer.status_code, answer.json()) == (202, None)
        left = (await client.post("/automations/filter", json={})).json()
        assert [automation["name"] for automation in left] == ["three"]
        assert {row["event"] for row in await db.rows(ANNOUNCED)} == {"prefect.automation.created"}


class TestJobVariables:
    async def test_are_held_against_the_pool(self, client: httpx.AsyncClient):
        variables = {"type": "object", "required": ["cpu"], "properties": {"cpu": {"type": "integer"}}}
        template = {"job_configuration": {"cpu": "{{ cpu }}"}, "variables": variables}
        await client.post("/work_pools/", json={"name": "p", "type": "process", "base_job_template": template})
        flow = (await client.post("/flows/", json={"name": "f"})).json()["id"]
        body = {"flow_id": flow, "name": "d", "work_pool_name": "p"}
        deployment = (await client.post("/deployments/", json=body)).json()["id"]
        made = await _made(client)

        async def answered(method: str, path: str, *variables: Any) -> tuple[int, str]:
            runs = [{"type": "run-deployment", "deployment_id": deployment, "job_variables": one} for one in variables]
            answer = await client.request(method, path, json=_body(actions=runs))
            return answer.status_code, answer.json()["detail"] if answer.is_error else ""

        assert await answered("POST", "/automations/", {"cpu": 1}) == (201, "")
        assert await answered("PUT", f"/automations/{made['id']}", {"cpu": 1}) == (204, "")
        for method, path in (("POST", "/automations/"), ("PUT", f"/automations/{made['id']}")):
            status, words = await answered(method, path, {"cpu": "many"}, {"cpu": "few"})
            assert status == 422
            assert words.startswith("Error creating automation: Validation failed for field 'cpu'")
            assert words.count("Validation failed") == 2

    async def test_of_nobody(self, client: httpx.AsyncClient):
        made = await _made(client)
        run = {"type": "run-deployment", "deployment_id": str(new_id())}
        for method, path, variables, status in (
            ("POST", "/automations/", {"a": 1}, 404),
            ("POST", "/automations/", {}, 201),
            ("PUT", f"/automations/{made['id']}", {}, 404),
            ("PUT", f"/automations/{made['id']}", None, 204),
        ):
            body = _body(actions=[{**run, "job_variables": variables}])
            assert (await client.request(method, path, json=body)).status_code == status


async def test_changes_are_announced(client: httpx.AsyncClient, db: Db):
    made = await _made(client, tags=["t"])
    path = f"/automations/{made['id']}"
    await client.put(path, json=_body("b"))
    await client.patch(path, json={"enabled": False})
    await client.put(path, json=_body("c", trigger={**EVENT, "threshold": 2**64}))
    last = await _read(client, made)
    await client.delete(path)
    rows = await db.rows(ANNOUNCED)
    assert [row["event"].rpartition(".")[2] for row in rows] == ["created", "updated", "updated", "deleted"]
    assert orjson.loads(rows[0]["payload"]) == made
    assert orjson.loads(rows[3]["payload"]) == last
    assert orjson.loads(rows[3]["resource"]) == {
        "prefect.resource.id": f"prefect.automation.{made['id']}",
        "prefect.resource.name": "b",
    }

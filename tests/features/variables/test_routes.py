"""The operations of variables."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from locum.domain.ids import new_id
from locum.infra.db import Db

EVENTS = text("SELECT event, payload FROM event ORDER BY seq")


async def _made(client: httpx.AsyncClient, name: str = "v", value: Any = 1, **more: Any) -> dict[str, Any]:
    answer = await client.post("/variables/", json={"name": name, "value": value, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestCreate:
    @pytest.mark.parametrize("value", [None, "x", 1, 1.5, True, {"a": [None]}, []])
    async def test_keeps_any_json(self, client: httpx.AsyncClient, value: Any):
        made = await _made(client, value=value, tags=["t"])
        assert (await client.get(f"/variables/{made['id']}")).json() == made
        assert (made["value"], made["tags"]) == (value, ["t"])

    async def test_name_is_unique(self, client: httpx.AsyncClient):
        await _made(client)
        answer = await client.post("/variables/", json={"name": "v", "value": 2})
        assert (answer.status_code, answer.json()) == (409, {"detail": "A variable with the name 'v' already exists."})

    @pytest.mark.parametrize("name", ["A", "a b", "a/b", "x" * 256])
    async def test_name_is_plain(self, client: httpx.AsyncClient, name: str):
        assert (await client.post("/variables/", json={"name": name, "value": 2})).status_code == 422

    async def test_value_is_moderate(self, client: httpx.AsyncClient):
        assert (await client.post("/variables/", json={"name": "v", "value": "x" * 4999})).status_code == 422


class TestChange:
    async def test_only_what_is_given(self, client: httpx.AsyncClient):
        made = await _made(client, tags=["t"])
        assert (await client.patch(f"/variables/{made['id']}", json={"value": None})).status_code == 204
        assert (await client.patch("/variables/name/v", json={"name": "w"})).status_code == 204
        read = (await client.get("/variables/name/w")).json()
        assert (read["value"], read["tags"]) == (None, ["t"])

    async def test_name_of_another(self, client: httpx.AsyncClient):
        await _made(client, "a")
        await _made(client, "b")
        assert (await client.patch("/variables/name/a", json={"name": "b"})).status_code == 409

    async def test_nobody(self, client: httpx.AsyncClient):
        for path in (f"/variables/{new_id()}", "/variables/name/none"):
            for answer in (await client.get(path), await client.patch(path, json={}), await client.delete(path)):
                assert (answer.status_code, answer.json()) == (404, {"detail": "Variable not found."})

    async def test_is_announced(self, client: httpx.AsyncClient, db: Db):
        await _made(client, value={"a": 1}, tags=["t"])
        await client.patch("/variables/name/v", json={"value": 2})
        await client.delete("/variables/name/v")
        rows = await db.rows(EVENTS)
        assert [row["event"] for row in rows] == [
            f"prefect.variable.{did}" for did in ("created", "updated", "deleted")
        ]
        assert rows[0]["payload"] == '{"name":"v","value":{"a":1},"tags":["t"]}'


class TestList:
    async def test_filter_sort_and_count(self, client: httpx.AsyncClient):
        for name, tags in (("a", ["x", "y"]), ("b", ["x"]), ("c", [])):
            await _made(client, name, tags=tags)
        wanted = {"variables": {"tags": {"all_": ["x"]}}, "sort": "NAME_DESC"}
        assert [one["name"] for one in (await client.post("/variables/filter", json=wanted)).json()] == ["b", "a"]
        assert (await client.post("/variables/count", json={"variables": {"name": {"like_": "C"}}})).json() == 1
        assert (await client.post("/variables/count")).json() == 3

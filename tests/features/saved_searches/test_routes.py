"""The operations of saved searches."""

import httpx

from locum.domain.ids import new_id

FILTER = {"object": "flow", "property": "name", "type": "string", "operation": "equals", "value": [1, None]}


async def test_saved_read_replaced_listed_deleted(client: httpx.AsyncClient):
    answer = await client.put("/saved_searches/", json={"name": "s", "filters": [FILTER]})
    made = answer.json()
    assert (answer.status_code, made["filters"]) == (201, [FILTER])
    assert (await client.get(f"/saved_searches/{made['id']}")).json() == made
    again = await client.put("/saved_searches/", json={"name": "s"})
    assert (again.status_code, again.json()["id"], again.json()["filters"]) == (200, made["id"], [])
    await client.put("/saved_searches/", json={"name": "a"})
    assert [one["name"] for one in (await client.post("/saved_searches/filter", json={})).json()] == ["a", "s"]
    assert (await client.delete(f"/saved_searches/{made['id']}")).status_code == 204
    assert (await client.get(f"/saved_searches/{made['id']}")).status_code == 404


async def test_nobody(client: httpx.AsyncClient):
    answer = await client.delete(f"/saved_searches/{new_id()}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Saved search not found"})

"""The operations of concurrency limits, by name and by tag."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from sqlalchemy import text

from locum.domain.ids import new_id
from locum.infra.db import Db

V2 = "/v2/concurrency_limits"
V1 = "/concurrency_limits"


async def make(client: httpx.AsyncClient, name: str = "database", limit: int = 2, **fields: Any) -> dict[str, Any]:
    made = await client.post(f"{V2}/", json={"name": name, "limit": limit, **fields})
    assert made.status_code == 201, made.text
    return made.json()


async def read(client: httpx.AsyncClient, name: str = "database") -> dict[str, Any]:
    found = await client.get(f"{V2}/{name}")
    assert found.status_code == 200
    return found.json()


async def used(client: httpx.AsyncClient, name: str = "database") -> int:
    return (await read(client, name))["active_slots"]


async def lease(client: httpx.AsyncClient, *names: str, slots: int = 1, **fields: Any) -> str:
    given = await client.post(f"{V2}/increment-with-lease", json={"names": names, "slots": slots, **fields})
    assert given.status_code == 200, given.text
    return given.json()["lease_id"]


async def announced(db: Db) -> list[tuple[str, dict[str, Any]]]:
    rows = await db.rows(text("SELECT event, payload::text AS payload FROM event ORDER BY id"))
    return [(row["event"], orjson.loads(row["payload"])) for row in rows]


class TestLimits:
    async def test_create_and_read(self, client: httpx.AsyncClient, db: Db):
        made = await make(client, active_slots=1, denied_slots=3)
        assert (made["active_slots"], made["denied_slots"], made["avg_slot_occupancy_seconds"]) == (1, 3, 2)
        by_name = await read(client)
        assert by_name == await read(client, made["id"])
        assert by_name.items() <= made.items()
        shown = {"name": "database", "limit": 2, "active": True, "slot_decay_per_second": 0}
        assert await announced(db) == [("prefect.concurrency-limit.created", shown)]

    async def test_names_are_unique(self, client: httpx.AsyncClient):
        await make(client)
        assert (await client.post(f"{V2}/", json={"name": "database", "limit": 1})).status_code == 409

    async def test_list_is_by_name(self, client: httpx.AsyncClient):
        for name in ("c", "a", "b"):
            await make(client, name)
        listed = (await client.post(f"{V2}/filter", json={"limit": 2, "offset": 1})).json()
        assert [limit["name"] for limit in listed] == ["b", "c"]

    async def test_change(self, client: httpx.AsyncClient, db: Db):
        await make(client)
        assert (await client.patch(f"{V2}/database", json={"limit": 5, "name": "other"})).status_code == 204
        assert (await read(client, "other"))["limit"] == 5
        assert (await announced(db))[-1][0] == "prefect.concurrency-limit.updated"
        for field in ("name", "limit", "active", "active_slots", "denied_slots", "slot_decay_per_second"):
            assert (await client.patch(f"{V2}/other", json={field: None})).status_code == 409

    async def test_slots_in_use_can_be_set(self, client: httpx.AsyncClient):
        await make(client)
        held = await lease(client, "database")
        for wanted in (2, 0, 1):
            await client.patch(f"{V2}/database", json={"active_slots": wanted})
            assert await used(client) == wanted
        assert (await client.post(f"{V2}/leases/{held}/renew")).status_code == 204

    async def test_a_limit_becomes_a_rate_and_back(self, client: httpx.AsyncClient):
        await make(client, limit=5)
        held = await lease(client, "database", slots=2)
        await client.post(f"{V2}/increment", json={"names": ["database"], "slots": 1})
        for decay in (0.0001, 0, 0.0001):
            assert (await client.patch(f"{V2}/database", json={"slot_decay_per_second": decay})).status_code == 204
            assert await used(client) == 3
        await client.post(f"{V2}/decrement-with-lease", json={"lease_id": held})
        assert await used(client) == 1

    async def test_delete_leaves_leases_alone(self, client: httpx.AsyncClient, db: Db):
        made = await make(client)
        held = await lease(client, "database")
        assert (await client.delete(f"{V2}/{made['id']}")).status_code == 204
        assert (await client.get(f"{V2}/database")).status_code == 404
        assert (await client.post(f"{V2}/leases/{held}/renew")).status_code == 204
        assert (await client.post(f"{V2}/decrement-with-lease", json={"lease_id": held})).status_code == 204
        assert (await client.post(f"{V2}/leases/{held}/renew")).status_code == 410
        assert (await announced(db))[-1][0] == "prefect.concurrency-limit.deleted"

    async def test_missing(self, client: httpx.AsyncClient):
        for name in ("none", uuid4()):
            for method, body in (("GET", None), ("PATCH", {"limit": 1}), ("DELETE", None)):
                answer = await client.request(method, f"{V2}/{name}", json=body)
                assert (answer.status_code, answer.json()) == (404, {"detail": "Concurrency Limit not found"})


class TestTake:
    async def test_all_or_none(self, client: httpx.AsyncClient):
        await make(client, "one", 1)
        await make(client, "two", 2)
        await lease(client, "one", "two")
        refused = await client.post(f"{V2}/increment-with-lease", json={"names": ["one", "two"], "slots": 1})
        assert (refused.status_code, refused.json()) == (423, {"detail": "Locked"})
        assert (await used(client, "one"), await used(client, "two")) == (1, 1)

    async def test_impossible(self, client: httpx.AsyncClient):
        await make(client)
        too_many = await client.post(f"{V2}/increment", json={"names": ["database"], "slots": 3})
        assert (too_many.status_code, too_many.json()["detail"]) == (422, "Slots requested is greater than the limit")
        body = {"names": ["database"], "slots": 1, "mode": "rate_limit"}
        steady = await client.post(f"{V2}/increment", json=body)
        assert steady.status_code == 422
        assert "'database'" in steady.json()["detail"]

    async def test_unknown_names_hold_nothing_and_are_not_made(self, client: httpx.AsyncClient):
        body = {"names": ["none"], "slots": 1, "create_if_missing": True}
        assert (await client.post(f"{V2}/increment", json=body)).json() == []
        assert (await client.get(f"{V2}/none")).status_code == 404

    async def test_inactive_limits_hold_nobody_back(self, client: httpx.AsyncClient):
        await make(client, active=False)
        held = [await lease(client, "database", slots=5) for _ in range(3)]
        assert await used(client) == 0
        assert (await client.post(f"{V2}/leases/{held[0]}/renew")).status_code == 204

    async def test_a_name_twice_counts_once(self, client: httpx.AsyncClient):
        await make(client)
        await lease(client, "database", "database")
        assert await used(client) == 1

    async def test_a_rate_is_given_back_by_time(self, client: httpx.AsyncClient, db: Db):
        await make(client, limit=3, slot_decay_per_second=0.1)
        body = {"names": ["database"], "slots": 3, "mode": "rate_limit"}
        assert (await client.post(f"{V2}/increment", json=body)).status_code == 200
        refused = await client.post(f"{V2}/increment", json={**body, "slots": 2})
        assert 19 < float(refused.headers["retry-after"]) <= 20
        await db.run(text("UPDATE concurrency_limit SET counted = counted - interval '20 s'"))
        assert await used(client) == 1
        assert (await client.post(f"{V2}/increment", json={**body, "slots": 2})).status_code == 200
        assert await used(client) == 3

    async def test_how_long_slots_are_held_is_learned(self, client: httpx.AsyncClient, db: Db):
        await make(client, limit=1)
        held = await lease(client, "database")
        await db.run(text("UPDATE concurrency_slot SET created = created - interval '8 s'"))
        await client.post(f"{V2}/decrement-with-lease", json={"lease_id": held})
        await lease(client, "database")
        refused = await client.post(f"{V2}/increment-with-lease", json={"names": ["database"], "slots": 1})
        assert 0.85 * 8 - 0.1 < float(refused.headers["retry-after"]) < 1.15 * 8 + 0.1


class TestGiveBack:
    async def test_without_a_lease(self, client: httpx.AsyncClient):
        await make(client, limit=5)
        held = await lease(client, "database", slots=2)
        await client.post(f"{V2}/increment", json={"names": ["database"], "slots": 2})
        body = {"names": ["database", "none"], "slots": 3, "occupancy_seconds": 2}
        given = await client.post(f"{V2}/decrement", json=body)
        assert [limit["name"] for limit in given.json()] == ["database"]
        assert await used(client) == 1
        await client.post(f"{V2}/decrement-with-lease", json={"lease_id": held})
        assert await used(client) == 0

    async def test_a_lease_twice(self, client: httpx.AsyncClient):
        await make(client)
        held, other = await lease(client, "database"), await lease(client, "database")
        for _ in range(2):
            assert (await client.post(f"{V2}/decrement-with-lease", json={"lease_id": held})).status_code == 204
            assert await used(client) == 1
        assert (await client.post(f"{V2}/leases/{held}/renew")).status_code == 410
        assert (await client.post(f"{V2}/leases/{other}/renew", json={"lease_duration": 60})).status_code == 204

    async def test_renewal_of_nothing(self, client: httpx.AsyncClient):
        answer = await client.post(f"{V2}/leases/{uuid4()}/renew")
        assert answer.status_code == 410
        assert answer.json() == {"detail": "Lease not found - it may have expired or been revoked"}


class TestTags:
    async def test_both_views_agree(self, client: httpx.AsyncClient):
        made = await client.post(f"{V1}/", json={"tag": "x", "concurrency_limit": 1})
        again = await client.post(f"{V1}/", json={"tag": "x", "concurrency_limit": 2})
        assert (made.status_code, again.status_code) == (201, 200)
        assert (await read(client, "tag:x")).items() >= {"id": made.json()["id"], "limit": 2}.items()
        run = str(new_id())
        await lease(client, "tag:x", holder={"type": "task_run", "id": run})
        await lease(client, "tag:x", holder={"type": "flow_run", "id": run})
        by_tag = (await client.get(f"{V1}/tag/x")).json()
        assert by_tag["active_slots"] == [run]
        assert (await client.get(f"{V1}/{by_tag['id']}")).json() == by_tag
        await make(client)
        assert (await client.post(f"{V1}/filter", json={})).json() == [by_tag]
        assert await used(client, "tag:x") == 2

    async def test_runs_take_and_give_back(self, client: httpx.AsyncClient):
        for tag in ("x", "y"):
            await client.post(f"{V1}/", json={"tag": tag, "concurrency_limit": 1})
        run, other = str(new_id()), str(new_id())
        taken = await client.post(f"{V1}/increment", json={"names": ["x", "y", "none"], "task_run_id": run})
        assert [limit["name"] for limit in taken.json()] == ["x", "y"]
        full = await client.post(f"{V1}/increment", json={"names": ["y"], "task_run_id": other})
        assert (full.status_code, float(full.headers["retry-after"])) == (423, 10)
        assert full.json() == {"detail": "Concurrency limit for the y tag has been reached"}
        given = await client.post(f"{V1}/decrement", json={"names": ["x"], "task_run_id": run})
        assert [limit["name"] for limit in given.json()] == ["tag:x"]
        assert (await used(client, "tag:x"), await used(client, "tag:y")) == (0, 0)

    async def test_a_limit_of_nothing(self, client: httpx.AsyncClient):
        await client.post(f"{V1}/", json={"tag": "x", "concurrency_limit": 0})
        full = await client.post(f"{V1}/increment", json={"names": ["x"], "task_run_id": str(new_id())})
        assert (full.status_code, "retry-after" in full.headers) == (423, False)

    async def test_reset(self, client: httpx.AsyncClient):
        await client.post(f"{V1}/", json={"tag": "x", "concurrency_limit": 3})
        held = await lease(client, "tag:x", slots=2)
        run = str(new_id())
        assert (await client.post(f"{V1}/tag/x/reset", json={"slot_override": [run]})).text == "null"
        assert (await client.get(f"{V1}/tag/x")).json()["active_slots"] == [run]
        assert await used(client, "tag:x") == 1
        assert (await client.post(f"{V2}/leases/{held}/renew")).status_code == 410
        assert (await client.post(f"{V1}/tag/x/reset")).status_code == 200
        assert await used(client, "tag:x") == 0

    async def test_delete(self, client: httpx.AsyncClient):
        made = (await client.post(f"{V1}/", json={"tag": "x", "concurrency_limit": 3})).json()
        held = await lease(client, "tag:x")
        assert (await client.delete(f"{V1}/{made['id']}")).text == "null"
        assert (await client.post(f"{V2}/leases/{held}/renew")).status_code == 410
        await client.post(f"{V1}/", json={"tag": "y", "concurrency_limit": 3})
        assert (await client.delete(f"{V1}/tag/y")).status_code == 200

    async def test_missing(self, client: httpx.AsyncClient):
        named = (await make(client))["id"]
        for method, path in (
            ("GET", f"/{named}"),
            ("GET", "/tag/none"),
            ("DELETE", f"/{UUID(int=1)}"),
            ("DELETE", "/tag/none"),
            ("POST", "/tag/none/reset"),
        ):
            answer = await client.request(method, f"{V1}{path}")
            assert (answer.status_code, answer.json()) == (404, {"detail": "Concurrency limit not found"})


class TestDeployments:
    async def test_show_the_slots_in_use(self, client: httpx.AsyncClient):
        flow = (await client.post("/flows/", json={"name": "f"})).json()["id"]
        body = {"flow_id": flow, "name": "d", "concurrency_limit": 3}
        made = (await client.post("/deployments/", json=body)).json()
        await lease(client, f"deployment:{made['id']}", slots=2)
        shown = (await client.get(f"/deployments/{made['id']}")).json()["global_concurrency_limit"]
        assert (shown["limit"], shown["active_slots"]) == (3, 2)

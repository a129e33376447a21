"""Many callers at once: limits hold, nobody waits in a circle, nothing leaks."""

import asyncio
import random
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.features.concurrency.commands import holding
from locum.features.concurrency.loops import Repossessor
from locum.infra.db import Db

CALLERS, TURNS = 30, 8


async def _limit(client: httpx.AsyncClient, name: str, size: int, **fields: float) -> None:
    made = await client.post("/v2/concurrency_limits/", json={"name": name, "limit": size, **fields})
    assert made.status_code == 201


async def _in_use(client: httpx.AsyncClient, name: str) -> int:
    return (await client.get(f"/v2/concurrency_limits/{name}")).json()["active_slots"]


class Counter:
    """Counts who is inside, as the callers themselves see it."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self.sizes = sizes
        self.inside = dict.fromkeys(sizes, 0)
        self.entered = 0

    def enter(self, names: list[str]) -> None:
        self.entered += 1
        for name in names:
            self.inside[name] += 1
            assert self.inside[name] <= self.sizes[name]

    def leave(self, names: list[str]) -> None:
        for name in names:
            self.inside[name] -= 1


@pytest.mark.parametrize("leased", [True, False])
async def test_limits_are_never_exceeded(client: httpx.AsyncClient, leased: bool):
    counter = Counter({"one": 1, "three": 3, "five": 5})
    for name, size in counter.sizes.items():
        await _limit(client, name, size)
    path = "/v2/concurrency_limits/increment" + ("-with-lease" if leased else "")
    chance = random.Random(7)

    async def caller() -> None:
        for _ in range(TURNS):
            names = chance.sample(list(counter.sizes), chance.choice((1, 2, 3)))
            answer = await client.post(path, json={"names": names, "slots": 1})
            assert answer.status_code in {200, 423}, answer.text
            if answer.status_code == 423:
                assert float(answer.headers["retry-after"]) > 0
                continue
            counter.enter(names)
            await asyncio.sleep(0)
            counter.leave(names)
            if leased:
                given, end = {"lease_id": answer.json()["lease_id"]}, "decrement-with-lease"
            else:
                given, end = {"names": names, "slots": 1}, "decrement"
            back = await client.post(f"/v2/concurrency_limits/{end}", json=given)
            assert back.status_code in {200, 204}

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    assert counter.entered > 0
    assert [await _in_use(client, name) for name in counter.sizes] == [0, 0, 0]


async def test_a_burst_takes_exactly_what_there_is(client: httpx.AsyncClient):
    await _limit(client, "burst", 7)
    body = {"names": ["burst"], "slots": 2}
    answers = await asyncio.gather(
        *(client.post("/v2/concurrency_limits/increment-with-lease", json=body) for _ in range(40))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [423] * 37
    assert await _in_use(client, "burst") == 6


async def test_a_rate_lets_through_no_more_than_it_is(client: httpx.AsyncClient):
    await _limit(client, "rate", 5, slot_decay_per_second=0.001)
    body = {"names": ["rate"], "slots": 1, "mode": "rate_limit"}
    answers = await asyncio.gather(*(client.post("/v2/concurrency_limits/increment", json=body) for _ in range(25)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [423] * 20
    waits = sorted(float(answer.headers["retry-after"]) for answer in answers if answer.status_code == 423)
    assert 900 < waits[0] <= 1000


async def test_nothing_leaks_after_holders_died(client: httpx.AsyncClient, db: Db):
    await _limit(client, "mortal", 4)
    body = {"names": ["mortal"], "slots": 1, "lease_duration": 60}
    leases = [(await client.post("/v2/concurrency_limits/increment-with-lease", json=body)).json() for _ in range(4)]
    assert (await client.post("/v2/concurrency_limits/increment-with-lease", json=body)).status_code == 423
    assert (await Repossessor().run_once(db, now())).done == 0
    await db.run(text("UPDATE concurrency_slot SET expires_at = expires_at - interval '61 s'"))
    assert await _in_use(client, "mortal") == 0
    renewed = await client.post(f"/v2/concurrency_limits/leases/{leases[0]['lease_id']}/renew")
    assert renewed.status_code == 410
    again = await client.post("/v2/concurrency_limits/increment-with-lease", json={**body, "slots": 4})
    assert again.status_code == 200
    report = await Repossessor().run_once(db, now())
    assert (report.done, report.full) == (4, False)
    assert await db.value(text("SELECT count(*) FROM concurrency_slot")) == 1
    assert await _in_use(client, "mortal") == 4


async def test_a_lease_is_renewed_or_taken_over_but_not_both(client: httpx.AsyncClient, db: Db):
    await _limit(client, "single", 1)
    body = {"names": ["single"], "slots": 1, "lease_duration": 60}
    for _ in range(10):
        first = (await client.post("/v2/concurrency_limits/increment-with-lease", json=body)).json()["lease_id"]
        await db.run(text("UPDATE concurrency_slot SET expires_at = clock_timestamp() + interval '2 ms'"))
        renewing = asyncio.create_task(holding.renew(db, UUID(first), 60))
        taking = [client.post("/v2/concurrency_limits/increment-with-lease", json=body) for _ in range(6)]
        held = sum(answer.status_code == 200 for answer in await asyncio.gather(*taking))
        renewed = await renewing
        assert held + bool(renewed) <= 1
        assert await _in_use(client, "single") == held + bool(renewed)
        await db.run(text("DELETE FROM concurrency_slot"))


async def test_most_limits_cost_one_statement(client: httpx.AsyncClient, db: Db):
    await _limit(client, "roomy", 9)
    await _limit(client, "rated", 9, slot_decay_per_second=1)
    body = {"names": ["roomy", "rated"], "slots": 1}
    before = db.statements
    lease = (await client.post("/v2/concurrency_limits/increment-with-lease", json=body)).json()["lease_id"]
    assert db.statements - before == 1
    refused = await client.post("/v2/concurrency_limits/increment-with-lease", json={**body, "slots": 9})
    assert refused.status_code == 423
    assert db.statements - before == 4
    before += 3
    await client.post(f"/v2/concurrency_limits/leases/{lease}/renew")
    assert db.statements - before == 2
    await client.post("/v2/concurrency_limits/decrement-with-lease", json={"lease_id": lease})
    assert db.statements - before == 3


async def test_most_names_cost_one_statement(client: httpx.AsyncClient, db: Db):
    before = db.statements
    body = {"names": [f"tag:{new_id()}"], "slots": 1}
    answer = await client.post("/v2/concurrency_limits/increment-with-lease", json=body)
    assert answer.json()["limits"] == []
    assert db.statements - before == 1
    lease = answer.json()["lease_id"]
    assert (await client.post(f"/v2/concurrency_limits/leases/{lease}/renew")).status_code == 204
    assert (
        await client.post("/v2/concurrency_limits/decrement-with-lease", json={"lease_id": lease})
    ).status_code == 204
    assert db.statements - before == 1

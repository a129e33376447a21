"""Random sequences of what callers do, against a model of slots that shares no code with what it checks."""

import math
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from locum.domain.ids import new_id
from locum.infra.db import Db

# Times are chosen so that no lease ends, and no slot has decayed, at the very moment of a look.
PASS = (30, 70)
LASTS = (65, 115)
DECAY = 0.01


@dataclass
class Holding:
    lease: UUID | None
    slots: int
    ends: float = math.inf


@dataclass
class ModelLimit:
    size: int
    decay: float = 0.0
    active: bool = True
    level: float = 0.0
    since: float = 0.0
    holdings: list[Holding] = field(default_factory=list[Holding])

    def at(self, now: float) -> None:
        self.level = max(0.0, self.level - self.decay * (now - self.since))
        self.since = now
        self.holdings = [one for one in self.holdings if one.ends > now]

    @property
    def used(self) -> int:
        return math.ceil(self.level - 1e-6) if self.decay else sum(one.slots for one in self.holdings)

    def give(self, slots: int) -> None:
        if self.decay:
            self.level = max(0.0, self.level - slots)
            return
        for one in sorted(self.holdings, key=lambda one: one.lease is not None):
            part = min(slots, one.slots)
            one.slots -= part
            slots -= part

    def end(self, lease: UUID) -> None:
        for one in self.holdings:
            if one.lease == lease and self.decay:
                self.level = max(0.0, self.level - one.slots)
        self.holdings = [one for one in self.holdings if one.lease != lease]


NAMES = ("a", "b", "rate", "off")
names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)
steps = st.one_of(
    st.tuples(st.just("take"), names, st.integers(1, 3)),
    st.tuples(st.just("lease"), names, st.integers(1, 3), st.sampled_from(LASTS)),
    st.tuples(st.just("lease"), names, st.integers(1, 3), st.sampled_from(LASTS)),
    st.tuples(st.just("end"), st.integers(0, 9)),
    st.tuples(st.just("renew"), st.integers(0, 9), st.sampled_from(LASTS)),
    st.tuples(st.just("give"), names, st.integers(1, 4)),
    st.tuples(st.just("pass"), st.sampled_from(PASS)),
    st.tuples(st.just("set"), st.sampled_from(NAMES[:3]), st.integers(0, 5)),
    st.tuples(st.just("resize"), st.sampled_from(NAMES[:3]), st.integers(1, 4)),
)


class World:
    """One sequence: the server, the model, and the leases that were given."""

    def __init__(self, client: httpx.AsyncClient, db: Db) -> None:
        self.client, self.db = client, db
        self.mark = new_id().hex
        self.now = 0.0
        self.leases: list[UUID] = []
        self.model = {
            "a": ModelLimit(2),
            "b": ModelLimit(3),
            "rate": ModelLimit(4, decay=DECAY),
            "off": ModelLimit(1, active=False),
        }

    async def post(self, path: str, body: Any, method: str = "POST") -> httpx.Response:
        return await self.client.request(method, f"/v2/concurrency_limits{path}", json=body)

    def named(self, wanted: list[str]) -> list[str]:
        return [f"{name}-{self.mark}" for name in wanted]

    async def make(self) -> None:
        for name, limit in self.model.items():
            made = await self.post(
                "/",
                {
                    "name": f"{name}-{self.mark}",
                    "limit": limit.size,
                    "active": limit.active,
                    "slot_decay_per_second": limit.decay,
                },
            )
            assert made.status_code == 201

    async def step(self, kind: str, *given: Any) -> None:
        for limit in self.model.values():
            limit.at(self.now)
        await getattr(self, f"do_{kind}")(*given)
        for name, limit in self.model.items():
            shown = (await self.client.get(f"/v2/concurrency_limits/{name}-{self.mark}")).json()
            assert shown["active_slots"] == limit.used, (name, kind, given)

    def room(self, wanted: list[str], slots: int) -> int:
        """The status that the model expects."""
        limits = [self.model[name] for name in set(wanted) if self.model[name].active]
        if any(limit.size < slots for limit in limits):
            return 422
        fits = all((limit.level if limit.decay else limit.used) + slots <= limit.size + 1e-6 for limit in limits)
        return 200 if fits else 423

    def hold(self, wanted: list[str], slots: int, lease: UUID | None, ends: float) -> None:
        for name in set(wanted):
            limit = self.model[name]
            if limit.active and limit.decay:
                limit.level += slots
            if lease or not limit.decay:
                limit.holdings.append(Holding(lease, slots if limit.active else 0, ends))

    async def do_take(self, wanted: list[str], slots: int) -> None:
        answer = await self.post("/increment", {"names": self.named(wanted), "slots": slots})
        assert answer.status_code == self.room(wanted, slots)
        if answer.status_code == 200:
            assert {limit["name"] for limit in answer.json()} == set(self.named(wanted))
            self.hold(wanted, slots, None, math.inf)

    async def do_lease(self, wanted: list[str], slots: int, lasts: float) -> None:
        body = {"names": self.named(wanted), "slots": slots, "lease_duration": lasts}
        answer = await self.post("/increment-with-lease", body)
        assert answer.status_code == self.room(wanted, slots)
        if answer.status_code == 200:
            lease = UUID(answer.json()["lease_id"])
            self.leases.append(lease)
            self.hold(wanted, slots, lease, self.now + lasts)
        elif answer.status_code == 423:
            assert float(answer.headers["retry-after"]) > 0

    async def do_end(self, index: int) -> None:
        if self.leases:
            lease = self.leases[index % len(self.leases)]
            assert (await self.post("/decrement-with-lease", {"lease_id": str(lease)})).status_code == 204
            for limit in self.model.values():
                limit.end(lease)

    async def do_renew(self, index: int, lasts: float) -> None:
        if self.leases:
            lease = self.leases[index % len(self.leases)]
            answer = await self.post(f"/leases/{lease}/renew", {"lease_duration": lasts})
            mine = [one for limit in self.model.values() for one in limit.holdings if one.lease == lease]
            assert answer.status_code == (204 if mine else 410)
            for one in mine:
                one.ends = self.now + lasts

    async def do_give(self, wanted: list[str], slots: int) -> None:
        answer = await self.post("/decrement", {"names": self.named(wanted), "slots": slots})
        assert answer.status_code == 200
        for name in set(wanted):
            if self.model[name].active:
                self.model[name].give(slots)

    async def do_pass(self, seconds: float) -> None:
        self.now += seconds
        for limit in self.model.values():
            limit.at(self.now)
        given = {"seconds": f"{seconds}", "mark": f"%-{self.mark}"}
        back = text(
            "UPDATE concurrency_slot SET expires_at = expires_at - (CAST(:seconds AS text) || ' s')::interval WHERE "
            "concurrency_limit_id IN (SELECT id FROM concurrency_limit WHERE name LIKE CAST(:mark AS text))"
        )
        await self.db.run(back, **given)
        back = text(
            "UPDATE concurrency_limit SET counted = counted - (CAST(:seconds AS text) || ' s')::interval "
            "WHERE name LIKE CAST(:mark AS text)"
        )
        await self.db.run(back, **given)

    async def do_set(self, name: str, slots: int) -> None:
        answer = await self.post(f"/{name}-{self.mark}", {"active_slots": slots}, "PATCH")
        assert answer.status_code == 204
        limit = self.model[name]
        if limit.decay:
            limit.level = slots
        elif slots > limit.used:
            limit.holdings.append(Holding(None, slots - limit.used))
        else:
            limit.give(limit.used - slots)

    async def do_resize(self, name: str, size: int) -> None:
        assert (await self.post(f"/{name}-{self.mark}", {"limit": size}, "PATCH")).status_code == 204
        self.model[name].size = size


@settings(max_examples=40)
@given(sequence=st.lists(steps, min_size=5, max_size=25))
async def test_sequences(client: httpx.AsyncClient, db: Db, sequence: list[tuple[Any, ...]]):
    world = World(client, db)
    await world.make()
    for kind, *given_ in sequence:
        await world.step(kind, *given_)

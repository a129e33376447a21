"""Concurrency limits by name: what is kept, and who holds slots."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, deployment, flow
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case

AT = "/v2/concurrency_limits"


def limit(t: Recorder, stem: str = "limit", size: int = 2, **fields: Any) -> Answer:
    """A limit."""
    return t.post(f"{AT}/", {"name": t.name(stem), "limit": size, **fields})


def take(t: Recorder, *stems: str, slots: int = 1, **fields: Any) -> Answer:
    """Slots without a lease."""
    body = {"names": [t.name(s) for s in stems], "slots": slots, **fields}
    return t.post(f"{AT}/increment", body, unordered=("$",))


def lease(t: Recorder, *stems: str, slots: int = 1, **fields: Any) -> Answer:
    """Slots under a lease."""
    body = {"names": [t.name(s) for s in stems], "slots": slots, **fields}
    return t.post(f"{AT}/increment-with-lease", body, unordered=("$.limits",))


def give(t: Recorder, *stems: str, slots: int = 1, **fields: Any) -> Answer:
    """Slots given back without a lease."""
    body = {"names": [t.name(s) for s in stems], "slots": slots, **fields}
    return t.post(f"{AT}/decrement", body, unordered=("$",))


def end(t: Recorder, lease_id: str) -> Answer:
    """A lease given up."""
    return t.post(f"{AT}/decrement-with-lease", {"lease_id": lease_id})


def show(t: Recorder, *stems: str) -> None:
    """The limits as they are now."""
    for stem in stems:
        t.get(f"{AT}/{t.name(stem)}")


@case
def create_and_read(t: Recorder) -> None:
    made = limit(t)
    show(t, "limit")
    t.get(f"{AT}/{made.id}")
    limit(t)
    limit(t, "full", 3, active=False, active_slots=2, denied_slots=1)
    show(t, "full")
    limit(t, "rate", 3, active_slots=2, slot_decay_per_second=0.0001)
    show(t, "rate")
    limit(t, "zero", 0)


@case
def create_refused(t: Recorder) -> None:
    for bad in (
        {},
        {"name": t.name("a/b"), "limit": 1},
        {"name": "", "limit": 1},
        {"name": t.name("x"), "limit": -1},
        {"name": t.name("x"), "limit": "many"},
        {"name": t.name("x"), "limit": 1, "active": None},
        {"name": t.name("x"), "limit": 1, "active_slots": -1},
        {"name": t.name("x"), "limit": 1, "denied_slots": -1},
        {"name": t.name("x"), "limit": 1, "slot_decay_per_second": -0.5},
        {"name": t.name("x"), "limit": 1, "surprise": 1},
    ):
        t.post(f"{AT}/", bad)


@case
def missing(t: Recorder) -> None:
    for name in (t.name("none"), NOBODY):
        t.get(f"{AT}/{name}")
        t.patch(f"{AT}/{name}", {"limit": 1})
        t.delete(f"{AT}/{name}")
    take(t, "none")
    give(t, "none")
    lease(t, "none")
    end(t, NOBODY)
    t.post(f"{AT}/leases/{NOBODY}/renew", {})


@case
def update_and_delete(t: Recorder) -> None:
    made = limit(t)
    at = f"{AT}/{t.name('limit')}"
    for given in ({}, {"limit": 5}, {"active_slots": 3}, {"active": False}, {"active": True}, {"denied_slots": 7}):
        t.patch(at, given)
        t.get(at)
    t.patch(at, {"slot_decay_per_second": 0.00001})
    t.get(at)
    t.patch(at, {"slot_decay_per_second": 0, "active_slots": 1})
    t.get(at)
    limit(t, "other")
    t.patch(at, {"name": t.name("other")}, only="status")
    for bad in ({"limit": -1}, {"name": "a/b"}, {"surprise": 1}, {"active_slots": -1}, {"slot_decay_per_second": -1}):
        t.patch(at, bad)
    for field in ("name", "limit", "active", "active_slots", "denied_slots", "slot_decay_per_second"):
        t.patch(at, {field: None}, only="status")
    t.patch(f"{AT}/{made.id}", {"name": t.name("renamed")})
    show(t, "renamed", "limit")
    t.delete(f"{AT}/{made.id}")
    show(t, "renamed")
    t.delete(f"{AT}/{t.name('other')}")
    t.delete(f"{AT}/{t.name('other')}")


@case
def listing_refused(t: Recorder) -> None:
    for bad in ({"limit": 201}, {"limit": -1}, {"offset": -1}, {"limit": "x"}):
        t.post(f"{AT}/filter", bad)
    t.post(f"{AT}/filter", {"limit": 0})
    t.post(f"{AT}/filter", {"limit": 1, "offset": 100000})


@case
def slots_without_a_lease(t: Recorder) -> None:
    limit(t, "one", 1)
    limit(t, "three", 3)
    take(t, "one", "three")
    take(t, "one", "three")
    take(t, "three", slots=2)
    take(t, "three", slots=1, create_if_missing=True)
    show(t, "one", "three")
    give(t, "three", slots=2, occupancy_seconds=1.5)
    show(t, "three")
    give(t, "one", "three", "none", slots=5)
    show(t, "one", "three")
    take(t, "one", "one")
    show(t, "one")


@case
def taking_refused(t: Recorder) -> None:
    limit(t, "limit", 2)
    limit(t, "zero", 0)
    take(t, "limit", slots=3)
    take(t, "zero")
    take(t, "limit", mode="rate_limit")
    lease(t, "limit", slots=3)
    lease(t, "limit", mode="rate_limit")
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"names": [], "slots": 1},
        {"names": ["x"], "slots": 0},
        {"names": ["x"]},
        {"names": "x", "slots": 1},
        {"names": ["x"], "slots": 1, "mode": "x"},
    )
    for body in wrong:
        t.post(f"{AT}/increment", body)
        t.post(f"{AT}/increment-with-lease", body)
    wrong = (
        {"lease_duration": 59},
        {"lease_duration": 86401},
        {"holder": {"type": "worker", "id": NOBODY}},
        {"holder": {"type": "task_run"}},
        {"holder": {"type": "task_run", "id": NOBODY, "x": 1}},
    )
    for fields in wrong:
        lease(t, "limit", **fields)
    wrong = (
        {},
        {"names": [], "slots": 1},
        {"names": ["x"], "slots": 0},
        {"names": ["x"], "slots": 1, "occupancy_seconds": 0},
    )
    for body in wrong:
        t.post(f"{AT}/decrement", body)
    show(t, "limit")


@case
def slots_under_a_lease(t: Recorder) -> None:
    limit(t, "one", 1)
    limit(t, "three", 3)
    both = lease(t, "one", "three", "none")["lease_id"]
    holder = {"type": "task_run", "id": t.uuid(1)}
    two = lease(t, "three", slots=2, lease_duration=60, holder=holder)["lease_id"]
    lease(t, "three", holder=holder)
    show(t, "one", "three")
    for given in (
        {},
        {"lease_duration": 60},
        {"lease_duration": 86400},
        None,
        {"lease_duration": 59},
        {"lease_duration": 86401},
        {"lease_duration": "x"},
    ):
        t.post(f"{AT}/leases/{two}/renew", given)
    end(t, both)
    show(t, "one", "three")
    end(t, both)
    show(t, "one", "three")
    t.post(f"{AT}/leases/{both}/renew", {})
    end(t, two)
    show(t, "three")
    t.post(f"{AT}/decrement-with-lease", {})
    t.post(f"{AT}/decrement-with-lease", {"lease_id": "x"})
    t.delete(f"{AT}/{t.name('one')}")


@case
def a_lease_on_nothing(t: Recorder) -> None:
    nothing = lease(t, "none", slots=100)["lease_id"]
    t.post(f"{AT}/leases/{nothing}/renew", {})
    end(t, nothing)


@case
def inactive(t: Recorder) -> None:
    limit(t, "off", 1, active=False)
    limit(t, "on", 1)
    held = lease(t, "off", "on")["lease_id"]
    lease(t, "off", slots=7)
    take(t, "off")
    show(t, "off", "on")
    t.post(f"{AT}/leases/{held}/renew", {})
    give(t, "off", "on")
    show(t, "off", "on")


@case
def rate(t: Recorder) -> None:
    limit(t, "rate", 3, slot_decay_per_second=0.00001)
    limit(t, "steady", 3)
    take(t, "rate", slots=2, mode="rate_limit")
    take(t, "rate", "steady", mode="rate_limit")
    take(t, "rate", slots=2, mode="rate_limit")
    show(t, "rate")
    held = lease(t, "rate", "steady")["lease_id"]
    show(t, "rate", "steady")
    end(t, held)
    show(t, "rate", "steady")
    give(t, "rate", slots=1)
    show(t, "rate")


@case
def of_a_deployment(t: Recorder) -> None:
    made = deployment(t, flow(t).id, concurrency_limit=3)
    at = f"/deployments/{made.id}"
    body = {"names": [f"deployment:{made.id}"], "slots": 2}
    held = t.post(f"{AT}/increment-with-lease", body)["lease_id"]
    t.get(at)
    end(t, held)
    t.get(at)

"""Concurrency limits by tag, as older clients know them."""

from __future__ import annotations

from compat.twin.making import NOBODY
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case

AT = "/concurrency_limits"
NAMED = "/v2/concurrency_limits"


def limit(t: Recorder, stem: str = "tag", size: int = 2) -> Answer:
    """The limit of a tag."""
    return t.post(f"{AT}/", {"tag": t.name(stem), "concurrency_limit": size})


def show(t: Recorder, stem: str = "tag") -> None:
    """The limit as both kinds of operation see it."""
    t.get(f"{AT}/tag/{t.name(stem)}", unordered=("$.active_slots",))
    t.get(f"{NAMED}/tag:{t.name(stem)}")


def take(t: Recorder, run: int, *stems: str) -> Answer:
    """A task run takes a slot of each tag."""
    return t.post(f"{AT}/increment", {"names": [t.name(s) for s in stems], "task_run_id": t.uuid(run)})


def give(t: Recorder, run: int, *stems: str) -> Answer:
    """A task run gives back its slots."""
    return t.post(
        f"{AT}/decrement", {"names": [t.name(s) for s in stems], "task_run_id": t.uuid(run)}, unordered=("$",)
    )


@case
def create_and_read(t: Recorder) -> None:
    made = limit(t)
    t.get(f"{AT}/{made.id}")
    show(t)
    limit(t, size=5)
    show(t)
    limit(t, "negative", -1)
    for bad in (
        {},
        {"tag": t.name("x")},
        {"tag": 1, "concurrency_limit": 1},
        {"tag": t.name("x"), "concurrency_limit": "x"},
        {"tag": t.name("x"), "concurrency_limit": 1, "surprise": 1},
    ):
        t.post(f"{AT}/", bad)


@case
def both_kinds(t: Recorder) -> None:
    made = t.post(f"{NAMED}/", {"name": f"tag:{t.name('tag')}", "limit": 2})
    show(t)
    t.get(f"{AT}/{made.id}")
    t.patch(f"{NAMED}/{made.id}", {"limit": 4})
    show(t)
    other = t.post(f"{NAMED}/", {"name": t.name("plain"), "limit": 2})
    t.get(f"{AT}/{other.id}")
    body = {"names": [f"tag:{t.name('tag')}"], "slots": 1}
    for kind in ("task_run", "flow_run", "deployment"):
        t.post(f"{NAMED}/increment-with-lease", {**body, "holder": {"type": kind, "id": t.uuid(5)}})
    t.post(f"{NAMED}/increment-with-lease", body)
    show(t)
    give(t, 5, "tag")
    show(t)
    t.delete(f"{AT}/{other.id}")
    t.get(f"{NAMED}/{other.id}")


@case
def missing(t: Recorder) -> None:
    t.get(f"{AT}/{NOBODY}")
    t.get(f"{AT}/x")
    t.get(f"{AT}/tag/{t.name('none')}")
    t.delete(f"{AT}/{NOBODY}")
    t.delete(f"{AT}/tag/{t.name('none')}")
    t.post(f"{AT}/tag/{t.name('none')}/reset", {})
    take(t, 1, "none")
    take(t, 1)
    give(t, 1, "none")


@case
def listing_refused(t: Recorder) -> None:
    for bad in ({"limit": 201}, {"limit": -1}, {"offset": -1}):
        t.post(f"{AT}/filter", bad)
    t.post(f"{AT}/filter", {"limit": 0})


@case
def runs_take_and_give_back(t: Recorder) -> None:
    limit(t, "a", 1)
    limit(t, "b", 2)
    take(t, 1, "a", "b", "none")
    take(t, 2, "a")
    take(t, 2, "b")
    take(t, 3, "b")
    show(t, "a")
    show(t, "b")
    give(t, 2, "b", "none")
    give(t, 2, "b")
    show(t, "b")
    give(t, 1, "a")
    show(t, "a")
    show(t, "b")
    for bad in ({}, {"names": ["x"]}, {"names": "x", "task_run_id": NOBODY}, {"names": ["x"], "task_run_id": "x"}):
        t.post(f"{AT}/increment", bad)
        t.post(f"{AT}/decrement", bad)


@case
def a_limit_of_nothing(t: Recorder) -> None:
    limit(t, "zero", 0)
    limit(t, "one", 1)
    take(t, 1, "one", "zero")
    show(t, "one")
    t.patch(f"{NAMED}/tag:{t.name('one')}", {"active": False})
    take(t, 1, "one")
    show(t, "one")


@case
def reset(t: Recorder) -> None:
    limit(t)
    take(t, 1, "tag")
    at = f"{AT}/tag/{t.name('tag')}"
    t.post(f"{at}/reset", {"slot_override": [t.uuid(2), t.uuid(3)]})
    t.get(at, unordered=("$.active_slots",))
    t.post(f"{at}/reset", {"slot_override": "x"})
    t.post(f"{at}/reset", {})
    t.get(at)
    t.post(f"{at}/reset")
    t.post(f"{at}/reset", {"slot_override": []})


@case
def delete(t: Recorder) -> None:
    made = limit(t)
    body = {"names": [f"tag:{t.name('tag')}"], "slots": 1}
    held = t.post(f"{NAMED}/increment-with-lease", body)["lease_id"]
    t.delete(f"{AT}/{made.id}")
    t.post(f"{NAMED}/leases/{held}/renew", {})
    t.get(f"{AT}/{made.id}")
    limit(t)
    t.delete(f"{AT}/tag/{t.name('tag')}")
    t.delete(f"{AT}/tag/{t.name('tag')}")

"""Flows: create, read, filter, page, count, update, delete."""

from __future__ import annotations

from compat.twin.recorder import Recorder
from compat.twin.registry import case


@case
def create_and_read(t: Recorder) -> None:
    made = t.post("/flows/", {"name": t.name("f"), "tags": ["a", "b"], "labels": {"k": "v", "n": 1, "f": 1.5, "t": True}})
    t.get(f"/flows/{made.id}")
    t.get(f"/flows/name/{t.name('f')}")

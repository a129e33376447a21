"""Variables: make, read, list, count, change, delete; and the events that tell of it."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case


def _name(t: Recorder, stem: str = "v") -> str:
    return t.name(stem).replace("-", "_")


def _made(t: Recorder, stem: str = "v", value: Any = "x", **more: Any) -> Answer:
    return t.post("/variables/", {"name": _name(t, stem), "value": value, **more})


@case
def make_and_read(t: Recorder) -> None:
    made = _made(t, tags=["b", "a"])
    t.get(f"/variables/{made.id}")
    t.get(f"/variables/name/{_name(t)}")


@case
def values_of_all_kinds(t: Recorder) -> None:
    values: tuple[Any, ...] = (
        "",
        "text",
        1,
        -2.5,
        2**40,
        True,
        None,
        {},
        {"a": [1, {"b": None}]},
        [],
        [1, "x", None],
        "é☃",
        "1",
    )
    for number, value in enumerate(values):
        made = _made(t, f"v{number}", value)
        t.get(f"/variables/{made.id}")


@case
def values_too_large(t: Recorder) -> None:
    _made(t, "a", "x" * 4998)
    _made(t, "b", "x" * 4999)
    _made(t, "c", ["x" * 2500, "y" * 2500])


@case
def names(t: Recorder) -> None:
    for name in ("a-b_c9", "A", "a b", "a/b", "ü", "x" * 256, None, 1):
        t.post("/variables/", {"name": f"{_name(t)}{name}" if name in {"a-b_c9", "A", "ü"} else name, "value": 1})


@case
def make_refused(t: Recorder) -> None:
    _made(t)
    _made(t)
    t.post("/variables/", {"name": _name(t, "w")})
    t.post("/variables/", {"value": 1})
    t.post("/variables/", {"name": _name(t, "w"), "value": 1, "surprise": 1})
    t.post("/variables/", {"name": _name(t, "w"), "value": 1, "tags": None})
    t.post("/variables/", {"name": _name(t, "w"), "value": 1, "tags": [1]})


@case
def nobody(t: Recorder) -> None:
    t.get(f"/variables/{NOBODY}")
    t.get(f"/variables/name/{_name(t, 'none')}")
    t.patch(f"/variables/{NOBODY}", {"value": 1})
    t.patch(f"/variables/name/{_name(t, 'none')}", {"value": 1})
    t.delete(f"/variables/{NOBODY}")
    t.delete(f"/variables/name/{_name(t, 'none')}")
    t.get("/variables/not-an-id")


@case
def change(t: Recorder) -> None:
    made = _made(t, tags=["a"])
    for body in ({"value": 2}, {"tags": ["b"]}, {"name": _name(t, "other")}, {}, {"value": None}, {"value": [1]}):
        t.patch(f"/variables/{made.id}", body)
        t.get(f"/variables/{made.id}")
    t.patch(f"/variables/name/{_name(t, 'other')}", {"value": "by name", "tags": []})
    t.get(f"/variables/{made.id}")
    t.patch(f"/variables/{made.id}", {"name": "A B"})
    t.patch(f"/variables/{made.id}", {"surprise": 1})


@case
def delete(t: Recorder) -> None:
    one, two = _made(t, "a"), _made(t, "b")
    t.delete(f"/variables/{one.id}")
    t.get(f"/variables/{one.id}")
    t.delete(f"/variables/name/{_name(t, 'b')}")
    t.get(f"/variables/{two.id}")


@case
def filters(t: Recorder) -> None:
    ids = [_made(t, stem, tags=tags).id for stem, tags in (("a", ["x", "y"]), ("b", ["x"]), ("c", []))]
    mine = {"name": {"like_": t.name("").replace("-", "_")}}
    for more in (
        {},
        {"id": {"any_": ids[:2]}},
        {"name": {"any_": [_name(t, "c")]}},
        {"tags": {"all_": ["x"]}},
        {"tags": {"all_": ["x", "y"]}},
        {"tags": {"is_null_": True}},
        {"tags": {"is_null_": False}},
    ):
        t.post("/variables/filter", {"variables": {**mine, **more}})
        t.post("/variables/count", {"variables": {**mine, **more}})
    odd = {"operator": "or_", "id": {"any_": ids[:1]}, "name": {"any_": [_name(t, "c")]}}
    t.post("/variables/filter", {"variables": odd})
    for sort in ("CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC", "x"):
        t.post("/variables/filter", {"variables": mine, "sort": sort})
    for page in ({"limit": 1}, {"limit": 2, "offset": 1}, {"limit": 0}, {"limit": 201}, {"offset": -1}):
        t.post("/variables/filter", {"variables": mine, **page})
    t.post("/variables/filter", {"variables": {"colour": 1}})
    t.post("/variables/count", {"variables": {"id": {"any_": ["x"]}}})


@case
def events(t: Recorder) -> None:
    made = _made(t, value={"a": 1}, tags=["b"])
    t.patch(f"/variables/{made.id}", {"value": 2})
    t.delete(f"/variables/{made.id}")
    wanted = {"filter": {"resource": {"id": [f"prefect.variable.{made.id}"]}, "order": "ASC"}, "limit": 50}
    t.until(lambda a: a["total"] == 3, "POST", "/events/filter", wanted, ignore=("$.events[].received",))

"""Flows: create, read, filter, page, count, update, delete."""

from __future__ import annotations

from compat.twin.making import NOBODY, deployment, flow, pool, run, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case


def _three(t: Recorder) -> list[str]:
    return [
        flow(t, "a", tags=["one", "two"]).id,
        flow(t, "b", tags=["one"]).id,
        flow(t, "c").id,
    ]


@case
def create_and_read(t: Recorder) -> None:
    made = t.post(
        "/flows/", {"name": t.name("f"), "tags": ["a", "b"], "labels": {"k": "v", "n": 1, "f": 1.5, "t": True}}
    )
    t.get(f"/flows/{made.id}")
    t.get(f"/flows/name/{t.name('f')}")


@case
def create_twice_gives_the_first(t: Recorder) -> None:
    first = t.post("/flows/", {"name": t.name("f"), "tags": ["a"]})
    t.post("/flows/", {"name": t.name("f"), "tags": ["b"], "labels": {"x": "y"}})
    t.get(f"/flows/{first.id}")


@case
def create_without_slash(t: Recorder) -> None:
    t.post("/flows", {"name": t.name("f")}, only="status")


@case
def create_refused(t: Recorder) -> None:
    t.post("/flows/", {})
    t.post("/flows/", {"name": 1})
    t.post("/flows/", {"name": None})
    t.post("/flows/", {"name": "a/b"})
    t.post("/flows/", {"name": "a%b"})
    t.post("/flows/", {"name": ""})
    t.post("/flows/", {"name": t.name(), "tags": "no list"})
    t.post("/flows/", {"name": t.name(), "tags": [1, None]})
    t.post("/flows/", {"name": t.name(), "labels": {"deep": {"er": 1}}})
    t.post("/flows/", {"name": t.name(), "surprise": 1})


@case
def missing_flow(t: Recorder) -> None:
    t.get(f"/flows/{NOBODY}")
    t.get(f"/flows/name/{t.name('none')}")
    t.patch(f"/flows/{NOBODY}", {"tags": ["x"]})
    t.delete(f"/flows/{NOBODY}")
    t.get("/flows/not-an-id")


@case
def update(t: Recorder) -> None:
    made = flow(t, tags=["old"])
    t.patch(f"/flows/{made.id}", {"tags": ["new", "new", "other"]})
    t.get(f"/flows/{made.id}")
    t.patch(f"/flows/{made.id}", {})
    t.get(f"/flows/{made.id}")
    t.patch(f"/flows/{made.id}", {"tags": None})
    t.patch(f"/flows/{made.id}", {"name": "other"})


@case
def delete_takes_runs_and_deployments(t: Recorder) -> None:
    made = flow(t)
    one = run(t, made.id)
    dep = deployment(t, made.id)
    t.delete(f"/flows/{made.id}")
    t.get(f"/flows/{made.id}")
    t.get(f"/flow_runs/{one.id}")
    t.get(f"/deployments/{dep.id}")
    t.delete(f"/flows/{made.id}")


@case
def filter_by_id(t: Recorder) -> None:
    ids = _three(t)
    t.post("/flows/filter", {"flows": {"id": {"any_": ids[:2]}}, "sort": "NAME_ASC"})
    t.post("/flows/filter", {"flows": {"id": {"any_": ids, "not_any_": ids[:1]}}, "sort": "NAME_ASC"})
    t.post("/flows/filter", {"flows": {"id": {"any_": [NOBODY]}}})
    t.post("/flows/filter", {"flows": {"id": {"any_": []}}})


@case
def filter_by_name(t: Recorder) -> None:
    _three(t)
    names = [t.name(s) for s in "abc"]
    t.post("/flows/filter", {"flows": {"name": {"any_": names[1:]}}, "sort": "NAME_DESC"})
    t.post("/flows/filter", {"flows": {"name": {"like_": t.name("")}}, "sort": "NAME_ASC"})
    t.post("/flows/filter", {"flows": {"name": {"like_": t.name("A").upper()}}, "sort": "NAME_ASC"})
    t.post(
        "/flows/filter",
        {"flows": {"name": {"like_": "%" + t.name("")[1:4] + "_" + t.name("")[5:]}}, "sort": "NAME_ASC"},
    )
    t.post("/flows/filter", {"flows": {"name": {"any_": names, "like_": t.name("a")}}, "sort": "NAME_ASC"})


@case
def filter_by_tags(t: Recorder) -> None:
    ids = _three(t)
    for tags in ({"all_": ["one"]}, {"all_": ["one", "two"]}, {"all_": []}, {"is_null_": True}, {"is_null_": False}):
        t.post("/flows/filter", {"flows": {"id": {"any_": ids}, "tags": tags}, "sort": "NAME_ASC"})
    odd = {"operator": "or_", "all_": ["two"], "is_null_": True}
    t.post("/flows/filter", {"flows": {"id": {"any_": ids}, "tags": odd}, "sort": "NAME_ASC"})


@case
def filter_by_deployment_presence(t: Recorder) -> None:
    ids = _three(t)
    deployment(t, ids[0])
    for wanted in (True, False):
        body = {"flows": {"id": {"any_": ids}, "deployment": {"is_null_": wanted}}, "sort": "NAME_ASC"}
        t.post("/flows/filter", body)
        t.post("/flows/count", {"flows": body["flows"]})


@case
def filter_joined_by_or(t: Recorder) -> None:
    ids = _three(t)
    both = {"operator": "or_", "id": {"any_": ids[2:]}, "name": {"any_": [t.name("a")]}}
    t.post("/flows/filter", {"flows": both, "sort": "NAME_ASC"})
    t.post("/flows/filter", {"flows": {**both, "operator": "and_"}})
    t.post("/flows/filter", {"flows": {**both, "operator": "nor_"}})


@case
def filter_by_neighbours(t: Recorder) -> None:
    ids = _three(t)
    name = pool(t)
    deployment(t, ids[1], tags=["dep"], work_pool_name=name)
    one = run(t, ids[0], tags=["hot"])
    task_run(t, one.id, tags=["tt"])
    mine = {"flows": {"id": {"any_": ids}}, "sort": "NAME_ASC"}
    t.post("/flows/filter", {**mine, "flow_runs": {"tags": {"all_": ["hot"]}}})
    t.post("/flows/filter", {**mine, "task_runs": {"tags": {"all_": ["tt"]}}})
    t.post("/flows/filter", {**mine, "deployments": {"tags": {"all_": ["dep"]}}})
    t.post("/flows/filter", {**mine, "work_pools": {"name": {"any_": [name]}}})
    t.post(
        "/flows/filter", {**mine, "flow_runs": {"tags": {"all_": ["hot"]}}, "deployments": {"name": {"any_": ["?"]}}}
    )
    t.post("/flows/count", {"flows": mine["flows"], "flow_runs": {"tags": {"all_": ["hot"]}}})


@case
def sorts(t: Recorder) -> None:
    ids = _three(t)
    t.patch(f"/flows/{ids[0]}", {"tags": ["later"]})
    for sort in ("CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC"):
        t.post("/flows/filter", {"flows": {"id": {"any_": ids}}, "sort": sort})
    t.post("/flows/filter", {"flows": {"id": {"any_": ids}}, "sort": "name_asc"})


@case
def limit_and_offset(t: Recorder) -> None:
    mine = {"flows": {"id": {"any_": _three(t)}}, "sort": "NAME_ASC"}
    t.post("/flows/filter", {**mine, "limit": 1})
    t.post("/flows/filter", {**mine, "limit": 2, "offset": 1})
    t.post("/flows/filter", {**mine, "limit": 2, "offset": 9})
    t.post("/flows/filter", {**mine, "limit": 0})
    for bad in (
        {"limit": 201},
        {"limit": -1},
        {"offset": -1},
        {"limit": "x"},
        {"limit": None},
        {"limit": 1.5},
        {"offset": None},
    ):
        t.post("/flows/filter", {**mine, **bad})


@case
def paginate(t: Recorder) -> None:
    mine = {"flows": {"id": {"any_": _three(t)}}, "sort": "NAME_ASC"}
    t.post("/flows/paginate", mine)
    for page in (1, 2, 3):
        t.post("/flows/paginate", {**mine, "limit": 2, "page": page})
    t.post("/flows/paginate", {**mine, "limit": 0})
    t.post("/flows/paginate", {**mine, "page": 0})
    t.post("/flows/paginate", {**mine, "page": "two"})
    t.post("/flows/paginate", {"flows": {"id": {"any_": [NOBODY]}}})


@case
def bulk_delete(t: Recorder) -> None:
    ids = _three(t)
    t.post("/flows/bulk_delete", {"flows": {"id": {"any_": ids[:2]}}}, unordered=("$.deleted",))
    t.post("/flows/bulk_delete", {"flows": {"id": {"any_": ids[:2]}}})
    t.post("/flows/bulk_delete", {"flows": {"id": {"any_": [ids[2]]}}, "limit": 0})
    t.post("/flows/bulk_delete", {"flows": {"id": {"any_": [ids[2]]}}, "limit": 51})
    t.get(f"/flows/{ids[2]}")
    t.post("/flows/count", {"flows": {"id": {"any_": ids}}})


@case
def filter_bodies(t: Recorder) -> None:
    t.post("/flows/count", {"flows": {"id": {"any_": [NOBODY]}}})
    t.post("/flows/filter", {"flows": {"id": {"any_": ["x"]}}})
    t.post("/flows/filter", {"flows": {"id": {"any_": NOBODY}}})
    t.post("/flows/filter", {"flows": {"id": {"some_": [NOBODY]}}})
    t.post("/flows/filter", {"flows": {"colour": {}}})
    t.post("/flows/filter", {"flows": []})
    t.post("/flows/filter", {"flows": {"id": None, "name": {"any_": [t.name()]}}})
    t.post("/flows/filter", {"flows": {"name": {"any_": [t.name()]}}, "surprise": True})
    t.post("/flows/filter", [])

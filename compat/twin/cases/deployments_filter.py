"""Deployments: every field of the filter, sorts, pages, counts."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, deployment, flow, loose_deployment, pool, run, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case


def _three(t: Recorder) -> list[str]:
    one, other = flow(t, "first").id, flow(t, "second").id
    return [
        loose_deployment(t, one, "a", tags=["x", "y"], work_queue_name=t.name("qa")).id,
        deployment(t, one, "b", tags=["x"], paused=True).id,
        deployment(t, other, "c").id,
    ]


def _ask(t: Recorder, ids: list[str], **wanted: Any) -> None:
    chosen = {"id": {"any_": ids}, **wanted}
    t.post("/deployments/filter", {"deployments": chosen})
    t.post("/deployments/count", {"deployments": chosen})


@case
def by_id(t: Recorder) -> None:
    ids = _three(t)
    _ask(t, ids[:2])
    _ask(t, [NOBODY])
    t.post("/deployments/filter", {"deployments": {"id": {"any_": ids, "not_any_": ids[1:]}}})


@case
def by_name(t: Recorder) -> None:
    ids = _three(t)
    _ask(t, ids, name={"any_": [t.name("a"), t.name("c")]})
    _ask(t, ids, name={"like_": t.name("B")[:4]})
    _ask(t, ids, name={"like_": "%-%"})


@case
def by_flow_or_deployment_name(t: Recorder) -> None:
    ids = _three(t)
    for like in ("first", "a-", "FIRST-", "nothing"):
        _ask(t, ids, flow_or_deployment_name={"like_": like})


@case
def by_paused(t: Recorder) -> None:
    ids = _three(t)
    _ask(t, ids, paused={"eq_": True})
    _ask(t, ids, paused={"eq_": False})
    _ask(t, ids, paused={"eq_": None})


@case
def by_tags(t: Recorder) -> None:
    ids = _three(t)
    for tags in (
        {"all_": ["x"]},
        {"all_": ["x", "y"]},
        {"any_": ["y", "z"]},
        {"is_null_": True},
        {"is_null_": False},
        {"operator": "or_", "all_": ["y"], "is_null_": True},
    ):
        _ask(t, ids, tags=tags)


@case
def by_work_queue_name(t: Recorder) -> None:
    ids = _three(t)
    _ask(t, ids, work_queue_name={"any_": [t.name("qa")]})
    _ask(t, ids, work_queue_name={"any_": []})


@case
def joined_by_or(t: Recorder) -> None:
    ids = _three(t)
    either = {"operator": "or_", "id": {"any_": ids[2:]}, "name": {"any_": [t.name("a")]}}
    t.post("/deployments/filter", {"deployments": either})
    t.post("/deployments/count", {"deployments": either})


@case
def by_neighbours(t: Recorder) -> None:
    ids = _three(t)
    name = pool(t)
    one = t.get(f"/deployments/{ids[2]}")["flow_id"]
    pooled = deployment(t, one, "d", work_pool_name=name).id
    made = run(t, one, "r", deployment_id=ids[2], tags=["rt"]).id
    task_run(t, made, tags=["tt"])
    mine: dict[str, Any] = {"deployments": {"id": {"any_": [*ids, pooled]}}}
    for more in (
        {"flows": {"name": {"any_": [t.name("first")]}}},
        {"flow_runs": {"tags": {"all_": ["rt"]}}},
        {"task_runs": {"tags": {"all_": ["tt"]}}},
        {"work_pools": {"name": {"any_": [name]}}},
        {"work_pool_queues": {"name": {"any_": ["default"]}}},
        {"work_pool_queues": {"name": {"startswith_": ["qa"]}}},
        {"flows": {"name": {"any_": [t.name("second")]}}, "work_pools": {"name": {"any_": [name]}}},
    ):
        t.post("/deployments/filter", {**mine, **more})
        t.post("/deployments/count", {**mine, **more})


@case
def sorts(t: Recorder) -> None:
    ids = _three(t)
    t.patch(f"/deployments/{ids[0]}", {"tags": []})
    for sort in ("CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC"):
        t.post("/deployments/filter", {"deployments": {"id": {"any_": ids}}, "sort": sort})
    t.post("/deployments/filter", {"sort": "X"})


@case
def limit_offset_and_page(t: Recorder) -> None:
    mine = {"deployments": {"id": {"any_": _three(t)}}}
    t.post("/deployments/filter", {**mine, "limit": 1, "offset": 1})
    t.post("/deployments/filter", {**mine, "limit": 0})
    for page in (1, 2, 3):
        t.post("/deployments/paginate", {**mine, "limit": 2, "page": page})
    t.post("/deployments/paginate", {**mine, "limit": 0})
    t.post("/deployments/paginate", {**mine, "page": 0})
    for bad in ({"limit": 201}, {"limit": -1}, {"offset": -1}, {"offset": {}}):
        t.post("/deployments/filter", {**mine, **bad})


@case
def refused(t: Recorder) -> None:
    for bad in (
        {"id": {"any_": "x"}},
        {"paused": {"eq_": "perhaps"}},
        {"name": "x"},
        {"colour": 1},
        {"concurrency_limit": {"ge_": "x"}},
        {"operator": 1},
    ):
        t.post("/deployments/filter", {"deployments": bad})
        t.post("/deployments/count", {"deployments": bad})

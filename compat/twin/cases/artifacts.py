"""Artifacts: make, read, the latest of a key, list, count, change, delete; in graphs and in events."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, deployment, flow, run, set_state, task_run
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case

# The peer's ids of artifacts are random, and so is their order by id.
RANDOM = ("$",)


def _made(t: Recorder, stem: str | None = "k", **fields: Any) -> Answer:
    key = {} if stem is None else {"key": t.name(stem)}
    return t.post("/artifacts/", {**key, "type": "markdown", "data": "# text", **fields})


@case
def make_and_read(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    fields: dict[str, Any] = {
        "description": "*d*",
        "metadata_": {"a": "b", "long": "x" * 501},
        "flow_run_id": one,
        "task_run_id": NOBODY,
    }
    made = _made(t, **fields)
    t.get(f"/artifacts/{made.id}")
    t.get(f"/artifacts/{t.name('k')}/latest")
    loose = _made(t, None)
    t.get(f"/artifacts/{loose.id}")
    t.post("/artifacts/", {})


@case
def data_of_all_kinds(t: Recorder) -> None:
    for data in (None, "", "x", 1, -2.5, True, [], [1, {"a": None}], {}, {"a": {"b": [1]}}, "é☃"):
        t.get(f"/artifacts/{_made(t, None, data=data).id}")


@case
def make_refused(t: Recorder) -> None:
    for bad in ({"key": "A"}, {"key": "a_b"}, {"key": 1}, {"key": ""}, {"type": 1}, {"metadata_": {"a": 1}}):
        t.post("/artifacts/", {"data": 1, **bad}, only="status")
    refused: tuple[tuple[str, Any], ...] = (("flow_run_id", "x"), ("surprise", 1), ("description", {}))
    for field, bad in refused:
        t.post("/artifacts/", {"data": 1, field: bad})
    t.post("/artifacts/", {"key": "A B"})


@case
def nobody(t: Recorder) -> None:
    t.get(f"/artifacts/{NOBODY}")
    t.get(f"/artifacts/{t.name('none')}/latest")
    t.patch(f"/artifacts/{NOBODY}", {"data": 1})
    t.delete(f"/artifacts/{NOBODY}")
    t.get("/artifacts/not-an-id")


@case
def the_latest_of_a_key(t: Recorder) -> None:
    made = [_made(t, data=number, description=f"d{number}").id for number in range(3)]
    latest = f"/artifacts/{t.name('k')}/latest"
    wanted = {"artifacts": {"key": {"any_": [t.name("k")]}}}
    t.get(latest)
    t.post("/artifacts/latest/filter", wanted)
    t.delete(f"/artifacts/{made[2]}")
    t.get(latest)
    t.post("/artifacts/latest/filter", wanted)
    t.delete(f"/artifacts/{made[0]}")
    t.get(latest)
    t.delete(f"/artifacts/{made[1]}")
    t.get(latest)
    t.post("/artifacts/latest/filter", wanted)
    t.delete(f"/artifacts/{made[1]}")


@case
def change(t: Recorder) -> None:
    old, new = _made(t).id, _made(t, metadata_={"a": "b"}).id
    for body in (
        {"data": 2},
        {"description": "d"},
        {},
        {"metadata_": None},
        {"metadata_": {"x": "y" * 600}},
        {"data": None},
    ):
        t.patch(f"/artifacts/{new}", body)
        t.get(f"/artifacts/{new}")
        t.get(f"/artifacts/{t.name('k')}/latest")
    t.patch(f"/artifacts/{old}", {"data": "old"})
    t.get(f"/artifacts/{t.name('k')}/latest")
    t.patch(f"/artifacts/{new}", {"key": "other"})


def _some(t: Recorder) -> tuple[list[str], str]:
    made = flow(t).id
    one = run(t, made, tags=["hot"], deployment_id=deployment(t, made).id).id
    task = task_run(t, one).id
    ids = [
        _made(t, "a", flow_run_id=one).id,
        _made(t, "a", flow_run_id=one, task_run_id=task, type="table", data=[]).id,
        _made(t, "b", type=None).id,
        _made(t, None, flow_run_id=one, type="link").id,
    ]
    return ids, one


@case
def filters(t: Recorder) -> None:
    ids, one = _some(t)
    mine = {"id": {"any_": ids}}
    for more in (
        {},
        {"key": {"any_": [t.name("a")]}},
        {"key": {"like_": t.name("B").upper()}},
        {"key": {"exists_": True}},
        {"key": {"exists_": False}},
        {"flow_run_id": {"any_": [one]}},
        {"task_run_id": {"any_": [NOBODY]}},
        {"type": {"any_": ["table", "link"]}},
        {"type": {"not_any_": ["table"]}},
    ):
        t.post("/artifacts/filter", {"artifacts": {**mine, **more}}, unordered=RANDOM)
        t.post("/artifacts/count", {"artifacts": {**mine, **more}})
    odd = {"operator": "or_", "id": {"any_": ids[:1]}, "key": {"any_": [t.name("b")]}}
    t.post("/artifacts/filter", {"artifacts": odd}, unordered=RANDOM)
    for sort in ("CREATED_DESC", "UPDATED_DESC", "ID_DESC", "KEY_ASC", "KEY_DESC", "x"):
        t.post(
            "/artifacts/filter",
            {"artifacts": {**mine, "type": {"not_any_": ["table"]}}, "sort": sort},
            unordered=RANDOM if sort == "ID_DESC" else (),
        )
    for page in ({"limit": 1}, {"limit": 2, "offset": 1}, {"limit": 0}, {"limit": 201}, {"offset": -1}):
        t.post("/artifacts/filter", {"artifacts": mine, "sort": "CREATED_DESC", **page})
    t.post("/artifacts/filter", {"artifacts": {"colour": 1}})
    t.post("/artifacts/count", {"artifacts": {"id": {"any_": ["x"]}}})


@case
def filters_of_neighbours(t: Recorder) -> None:
    ids, one = _some(t)
    for path, mine in (
        ("/artifacts", {"artifacts": {"id": {"any_": ids}}}),
        ("/artifacts/latest", {"artifacts": {"latest_id": {"any_": ids}}}),
    ):
        for more in (
            {"flow_runs": {"id": {"any_": [one]}}},
            {"flow_runs": {"tags": {"all_": ["cold"]}}},
            {"task_runs": {"name": {"like_": "task"}}},
            {"flows": {"name": {"any_": [t.name("flow")]}}},
            {"flows": {"name": {"any_": ["none"]}}},
            {"deployments": {"name": {"any_": [t.name("dep")]}}},
            {"deployments": {"name": {"any_": ["none"]}}, "flow_runs": {"id": {"any_": [one]}}},
        ):
            t.post(f"{path}/filter", {**mine, **more}, unordered=RANDOM)
            t.post(f"{path}/count", {**mine, **more})


@case
def filters_of_the_latest(t: Recorder) -> None:
    ids, one = _some(t)
    mine = {"key": {"any_": [t.name("a"), t.name("b")]}}
    for more in (
        {},
        {"latest_id": {"any_": ids[:2]}},
        {"key": {"any_": [t.name("b")]}},
        {"key": {"like_": t.name("a")}},
        {"key": {"any_": [t.name("b")], "exists_": True}},
        {"key": {"exists_": False}},
        {"flow_run_id": {"any_": [one]}},
        {"task_run_id": {"any_": [NOBODY]}},
        {"type": {"any_": ["table"]}},
        {"type": {"not_any_": ["table"]}},
    ):
        t.post("/artifacts/latest/filter", {"artifacts": {**mine, **more}, "sort": "KEY_ASC"})
        t.post("/artifacts/latest/count", {"artifacts": {**mine, **more}})
    for sort in ("CREATED_DESC", "UPDATED_DESC", "ID_DESC", "KEY_ASC", "KEY_DESC", "x"):
        unordered = RANDOM if sort == "ID_DESC" else ()
        t.post("/artifacts/latest/filter", {"artifacts": mine, "sort": sort}, unordered=unordered)
    for page in ({"limit": 1}, {"limit": 2, "offset": 1}, {"limit": 201}):
        t.post("/artifacts/latest/filter", {"artifacts": mine, "sort": "KEY_ASC", **page})
    t.post("/artifacts/latest/count", {"artifacts": {"id": {"any_": ids}}})


@case
def in_graphs(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    task = task_run(t, one).id
    set_state(t, task, "RUNNING", of="task", force=True)
    _made(t, "a", flow_run_id=one, task_run_id=task)
    _made(t, "a", flow_run_id=one, task_run_id=task)
    _made(t, "b", flow_run_id=one, type="progress", data=50)
    _made(t, None, flow_run_id=one, type="result")
    _made(t, None, flow_run_id=one, type=None)
    _made(t, None, flow_run_id=one, task_run_id=task, type="table", data=[1])
    t.get(f"/flow_runs/{one}/graph-v2")


@case
def events(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    first = _made(t, description="d", flow_run_id=one).id
    second = _made(t, data={"a": 1}).id
    t.delete(f"/artifacts/{second}")
    t.delete(f"/artifacts/{first}")
    name = {"labels": {"prefect.resource.name": t.name("k")}}
    wanted = {"filter": {"resource": name, "order": "ASC"}, "limit": 50}
    t.until(lambda a: a["total"] == 4, "POST", "/events/filter", wanted, ignore=("$.events[].received",))

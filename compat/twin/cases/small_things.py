"""Saved searches, observed states, task workers, and the check of templates."""

from __future__ import annotations

import json
from typing import Any

from websockets.sync.client import connect

from compat.twin.making import NOBODY, flow, run, set_state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

FILTER = {"object": "flow", "property": "name", "type": "string", "operation": "equals", "value": "x"}


@case
def save_a_search(t: Recorder) -> None:
    made = t.send(
        "PUT", "/saved_searches/", {"name": t.name("s"), "filters": [FILTER, {**FILTER, "value": {"a": [1, None]}}]}
    )
    t.get(f"/saved_searches/{made.id}")
    t.send("PUT", "/saved_searches/", {"name": t.name("s"), "filters": []})
    t.get(f"/saved_searches/{made.id}")
    t.send("PUT", "/saved_searches/", {"name": t.name("bare")})
    t.delete(f"/saved_searches/{made.id}")
    t.get(f"/saved_searches/{made.id}")
    t.delete(f"/saved_searches/{made.id}")
    t.get(f"/saved_searches/{NOBODY}")


@case
def save_refused(t: Recorder) -> None:
    bad: list[Any] = [{}, {"name": 1}, {"name": "x", "filters": None}, {"name": "x", "filters": [{}]}]
    for body in (*bad, {"name": "x", "filters": [{**FILTER, "object": 1}]}, {"name": "x", "surprise": 1}, None):
        t.send("PUT", "/saved_searches/", body)


@case
def list_searches(t: Recorder) -> None:
    t.send("PUT", "/saved_searches/", {"name": t.name("s"), "filters": [FILTER]})
    t.post("/saved_searches/filter", {}, only="status")
    for page in ({"limit": 0}, {"limit": 201}, {"limit": -1}, {"offset": -1}, {"offset": "x"}):
        t.post("/saved_searches/filter", page)


@case
def observed_states(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    first = t.name("First")
    set_state(t, one, "RUNNING", name=first, force=True)
    set_state(t, one, "COMPLETED", name=t.name("Second"), force=True)
    set_state(t, task_run(t, one).id, "RUNNING", of="task", name=first, force=True)
    t.get(f"/observed-states?query={first}")
    t.get(f"/observed-states?query={first.upper()}&order_by=NAME_ASC&limit=1")
    t.get(f"/observed-states?query=%20{t.name('Sec')[:3]}%20&limit=200", only="status")
    t.get(f"/observed-states?query={t.name('none')}")
    t.get("/observed-states?query=%25nothing")
    t.get("/observed-states", only="status")
    for bad in ("limit=0", "limit=201", "limit=x", "order_by=x", f"query={'x' * 101}"):
        t.get(f"/observed-states?{bad}")


@case
def task_workers_that_listen(t: Recorder) -> None:
    keys = [t.name("key"), t.name("other")]
    with connect(t.api.replace("http", "ws", 1) + "/task_runs/subscriptions/scheduled") as socket:
        socket.send(json.dumps({"type": "subscribe", "keys": keys, "client_id": t.name("worker")}))
        wanted = {"task_worker_filter": {"task_keys": keys[:1]}}
        t.until(len, "POST", "/task_workers/filter", wanted, unordered=("$[].task_keys",))
        t.post("/task_workers/filter", {"task_worker_filter": {"task_keys": [t.name("none")]}})
    t.until(lambda a: not len(a), "POST", "/task_workers/filter", wanted)


@case
def task_workers(t: Recorder) -> None:
    t.post("/task_workers/filter", {"task_worker_filter": {"task_keys": [t.name("key")]}})
    t.post("/task_workers/filter", {}, only="status")
    t.post("/task_workers/filter", {"task_worker_filter": None}, only="status")
    t.post("/task_workers/filter", {"task_worker_filter": {"task_keys": []}}, only="status")
    refused: tuple[Any, ...] = ({}, 1, {"task_keys": [1]})
    for bad in refused:
        t.post("/task_workers/filter", {"task_worker_filter": bad})


LOOP = "{% for a in b %}"
END = "{% endfor %}"


@case
def templates(t: Recorder) -> None:
    for path in ("/templates/validate", "/automations/templates/validate"):
        for text in ("", "x", "{{ a.b | upper }}", f"{LOOP}{{{{ a }}}}{END}", f"{LOOP}{LOOP}{END}{END}"):
            t.post(path, text)
        for text in (
            "{{ a",
            "line\n{% if %}",
            "{% nothing %}",
            f"{LOOP}{LOOP}{LOOP}{END}{END}{END}",
            f"{LOOP}{END}" * 11,
        ):
            t.post(path, text)
        others: tuple[Any, ...] = (1, {}, [], None)
        for body in others:
            t.post(path, body)

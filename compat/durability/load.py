"""A load of writes that remembers what the server has acknowledged, and finds afterwards what is missing."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import websockets
from websockets.typing import Subprotocol

LIFE = ("PENDING", "RUNNING", "COMPLETED")
BATCH = 20
PAGE = 200
EVENTS_PAGE = 50


def _now() -> str:
    return datetime.now(UTC).isoformat()


@dataclass
class Acknowledged:
    """What the server has said yes to. A write without an answer may be there or not."""

    flow_id: str = ""
    runs: dict[str, set[str]] = field(default_factory=dict)  # run id -> the ids of the states it was told of
    lines: dict[str, int] = field(default_factory=dict)  # run id -> the number of log lines
    events: dict[str, set[str]] = field(default_factory=dict)  # resource -> event ids
    task_runs: dict[str, str] = field(default_factory=dict)  # task run id -> state type
    began: str = field(default_factory=_now)

    def counts(self) -> dict[str, int]:
        """How much of each kind."""
        return {
            "runs": len(self.runs),
            "states": sum(map(len, self.runs.values())),
            "lines": sum(self.lines.values()),
            "events": sum(map(len, self.events.values())),
            "task_runs": len(self.task_runs),
        }


async def load(api: str, known: Acknowledged, over: asyncio.Event) -> None:
    """Writes until `over` is set or the server is gone."""
    async with httpx.AsyncClient(base_url=api, timeout=20, trust_env=False) as client:
        if not known.flow_id:
            known.flow_id = (await client.post("/flows/", json={"name": uuid.uuid4().hex})).json()["id"]
        writers = [_runs(client, known, over) for _ in range(4)]
        writers += [_events(api, known, over), _task_runs(api, known, over)]
        await asyncio.gather(*map(_until_gone, writers))


async def _until_gone(writer: Any) -> None:
    with suppress(httpx.HTTPError, OSError, websockets.WebSocketException, EOFError):
        await writer


async def _runs(client: httpx.AsyncClient, known: Acknowledged, over: asyncio.Event) -> None:
    while not over.is_set():
        run = (await client.post("/flow_runs/", json={"flow_id": known.flow_id})).raise_for_status().json()
        told = known.runs.setdefault(run["id"], {run["state"]["id"]})
        for kind in LIFE[1:]:
            body = {"state": {"type": kind}}
            answer = (await client.post(f"/flow_runs/{run['id']}/set_state", json=body)).raise_for_status().json()
            told.add(answer["state"]["id"])
        line = {"name": "load", "level": 20, "message": "x", "timestamp": _now(), "flow_run_id": run["id"]}
        (await client.post("/logs/", json=[line] * BATCH)).raise_for_status()
        known.lines[run["id"]] = BATCH


def _event(name: str, resource: dict[str, str], **more: Any) -> dict[str, Any]:
    known = {"id": str(uuid.uuid4()), "event": name, "occurred": _now(), "resource": resource}
    return {**known, "related": [], "payload": {}, **more}


async def _send(api: str, batches: Any, over: asyncio.Event) -> None:
    """Sends batches of events as the client does: a pong after them means that they are taken."""
    async with websockets.connect(
        api.replace("http", "ws", 1) + "/events/in", subprotocols=[Subprotocol("prefect")]
    ) as socket:
        await socket.send(json.dumps({"type": "auth", "token": None}))
        await socket.recv()
        while not over.is_set():
            events, taken = next(batches)
            for event in events:
                await socket.send(json.dumps(event))
            await (await socket.ping())
            taken()


async def _events(api: str, known: Acknowledged, over: asyncio.Event) -> None:
    def batches() -> Any:
        while True:
            resource = f"load.{uuid.uuid4()}"
            events = [_event("load.happened", {"prefect.resource.id": resource}) for _ in range(BATCH)]
            yield events, lambda r=resource, e=events: known.events.update({r: {x["id"] for x in e}})

    await _send(api, batches(), over)


def _task_run_event(task_run: str, run: str, kind: str) -> dict[str, Any]:
    resource = {
        "prefect.resource.id": f"prefect.task-run.{task_run}",
        "prefect.resource.name": "task",
        "prefect.run-count": "1",
        "prefect.state-type": kind,
        "prefect.state-name": kind.title(),
        "prefect.state-message": "",
        "prefect.state-timestamp": _now(),
        "prefect.orchestration": "client",
    }
    details = {"flow_run_id": run, "task_run_id": task_run}
    state = {"type": kind, "name": kind.title(), "message": "", "state_details": details}
    payload = {
        "initial_state": None,
        "intended": {"from": None, "to": kind},
        "validated_state": state,
        "task_run": {
            "name": "task",
            "task_key": "load",
            "dynamic_key": task_run,
            "empirical_policy": {},
            "tags": [],
            "task_inputs": {},
            "run_count": 1,
            "flow_run_run_count": 1,
        },
    }
    related = [{"prefect.resource.id": f"prefect.flow-run.{run}", "prefect.resource.role": "flow-run"}]
    return _event(f"prefect.task-run.{kind.title()}", resource, payload=payload, related=related)


async def _task_runs(api: str, known: Acknowledged, over: asyncio.Event) -> None:
    def batches() -> Any:
        while True:
            run = next(iter(known.runs), str(uuid.uuid4()))
            ids = [str(uuid.uuid4()) for _ in range(5)]
            for kind in LIFE:
                events = [_task_run_event(i, run, kind) for i in ids]
                yield events, lambda i=ids, k=kind: known.task_runs.update(dict.fromkeys(i, k))

    await _send(api, batches(), over)


def missing(api: str, known: Acknowledged) -> list[str]:
    """What was acknowledged and is not there."""
    with httpx.Client(base_url=api, timeout=60, trust_env=False) as client:
        return [
            *_missing_runs(client, known),
            *_missing_lines(client, known),
            *_missing_events(client, known),
            *_missing_task_runs(client, known),
        ]


def _pages(client: httpx.Client, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while page := client.post(path, json={**body, "limit": PAGE, "offset": len(rows)}).raise_for_status().json():
        rows += page
    return rows


def _chunks(ids: list[str]) -> list[list[str]]:
    return [ids[i : i + PAGE] for i in range(0, len(ids), PAGE)]


def _missing_runs(client: httpx.Client, known: Acknowledged) -> list[str]:
    found: list[str] = []
    there = {r["id"]: r for r in _pages(client, "/flow_runs/filter", {"flows": {"id": {"any_": [known.flow_id]}}})}
    for run_id, states in known.runs.items():
        if run_id not in there:
            found.append(f"flow run {run_id}")
            continue
        if len(states) == len(LIFE) and there[run_id]["state_type"] != LIFE[-1]:
            found.append(f"flow run {run_id} is {there[run_id]['state_type']}")
    for run_id in list(known.runs)[-100:]:
        kept = {s["id"] for s in client.get("/flow_run_states/", params={"flow_run_id": run_id}).json()}
        found += [f"state {s} of flow run {run_id}" for s in known.runs[run_id] - kept]
    return found


def _missing_lines(client: httpx.Client, known: Acknowledged) -> list[str]:
    found: list[str] = []
    for chunk in _chunks(list(known.lines)):
        rows = _pages(client, "/logs/filter", {"logs": {"flow_run_id": {"any_": chunk}}})
        counts: dict[str, int] = {}
        for row in rows:
            counts[row["flow_run_id"]] = counts.get(row["flow_run_id"], 0) + 1
        found += [
            f"log lines of {r}: {counts.get(r, 0)} of {known.lines[r]}"
            for r in chunk
            if counts.get(r, 0) < known.lines[r]
        ]
    return found


def _missing_events(client: httpx.Client, known: Acknowledged) -> list[str]:
    found: list[str] = []
    for resource, ids in known.events.items():
        window = {"since": known.began, "until": _now()}
        body = {"filter": {"occurred": window, "resource": {"id": [resource]}}, "limit": EVENTS_PAGE}
        kept = {e["id"] for e in client.post("/events/filter", json=body).raise_for_status().json()["events"]}
        found += [f"event {e} of {resource}" for e in ids - kept]
    return found


def _missing_task_runs(client: httpx.Client, known: Acknowledged) -> list[str]:
    found: list[str] = []
    for chunk in _chunks(list(known.task_runs)):
        rows = {
            t["id"]: t["state_type"]
            for t in _pages(client, "/task_runs/filter", {"task_runs": {"id": {"any_": chunk}}})
        }
        for one in chunk:
            if one not in rows:
                found.append(f"task run {one}")
            elif LIFE.index(rows[one]) < LIFE.index(known.task_runs[one]):
                found.append(f"task run {one} is {rows[one]}, was told {known.task_runs[one]}")
    return found

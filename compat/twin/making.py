"""Short ways to make the objects that most cases need."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import wraps
from typing import Any

from compat.twin.recorder import Answer, Recorder

REFUSED, BROKEN = 400, 500
NOBODY = "00000000-0000-4000-8000-000000000000"
TEMPLATE = {
    "job_configuration": {"command": "{{ command }}", "cpu": "{{ cpu }}"},
    "variables": {
        "type": "object",
        "required": ["cpu"],
        "properties": {"cpu": {"type": "integer", "minimum": 1}, "command": {"type": "string", "default": "run"}},
    },
}
SCHEMA = {
    "title": "Parameters",
    "type": "object",
    "required": ["n"],
    "properties": {
        "n": {"title": "n", "type": "integer", "position": 0},
        "word": {"title": "word", "type": "string", "default": "w", "position": 1},
    },
}

# It waits for what never happens: the peer would set off one that waits for anything at each event of every case.
EVENT_TRIGGER = {"type": "event", "posture": "Reactive", "expect": ["never"]}
DO_NOTHING = {"type": "do-nothing"}
# Where the peer answers with sets, in an order of chance.
AUTOMATION_SETS = ("*.after", "*.expect", "*.for_each")


def flow(t: Recorder, stem: str = "flow", **fields: Any) -> Answer:
    """A flow."""
    return t.post("/flows/", {"name": t.name(stem), **fields})


def state(kind: str, **fields: Any) -> dict[str, Any]:
    """A state to propose."""
    return {"type": kind, **fields}


def run(t: Recorder, flow_id: str, name: str = "run", **fields: Any) -> Answer:
    """A flow run with a name of its own."""
    return t.post("/flow_runs/", {"flow_id": flow_id, "name": t.name(name), **fields})


def set_state(t: Recorder, run_id: str, kind: str, *, force: bool = False, of: str = "flow", **fields: Any) -> Answer:
    """Proposes a state for a run."""
    body: dict[str, Any] = {"state": state(kind, **fields)}
    if force:
        body["force"] = True
    return t.post(f"/{of}_runs/{run_id}/set_state", body)


def pool(t: Recorder, stem: str = "pool", **fields: Any) -> str:
    """A work pool; its name is given back."""
    t.post("/work_pools/", {"name": t.name(stem), "type": "process", **fields})
    return t.name(stem)


def deployment(t: Recorder, flow_id: str, stem: str = "dep", **fields: Any) -> Answer:
    """A deployment."""
    return t.post("/deployments/", {"flow_id": flow_id, "name": t.name(stem), **fields})


def task_run(t: Recorder, flow_run_id: str | None, key: str = "task", **fields: Any) -> Answer:
    """A task run."""
    body = {"flow_run_id": flow_run_id, "task_key": key, "dynamic_key": "0", "name": t.name(key), **fields}
    return t.post("/task_runs/", body)


def by_automation(t: Recorder) -> dict[str, str]:
    """What an automation's requests say of it."""
    name = base64.b64encode(b"mine").decode()
    return {"prefect-automation-id": t.uuid(), "prefect-automation-name": name}


def loose_queue(t: Recorder, stem: str, **fields: Any) -> Answer:
    """A work queue without a pool of its own. It lands in a pool that all cases share, so its priority is chance, and
    the peer may refuse two at once."""
    body = {"name": t.name(stem), **fields}
    return t.until(lambda a: a.status < BROKEN, "POST", "/work_queues/", body, ignore=("$.priority",))


def loose_deployment(t: Recorder, flow_id: str, stem: str, **fields: Any) -> Answer:
    """A deployment on a queue without a pool of its own, with the same care."""
    body = {"flow_id": flow_id, "name": t.name(stem), **fields}
    return t.until(lambda a: a.status < REFUSED, "POST", "/deployments/", body)


def automation_body(t: Recorder, stem: str = "automation", **fields: Any) -> dict[str, Any]:
    """What makes an automation."""
    return {"name": t.name(stem), "trigger": EVENT_TRIGGER, "actions": [DO_NOTHING], **fields}


def automation(t: Recorder, stem: str = "automation", **fields: Any) -> Answer:
    """An automation."""
    return t.post("/automations/", automation_body(t, stem, **fields), unordered=AUTOMATION_SETS)


def read_automation(t: Recorder, automation_id: str) -> Answer:
    """An automation, read again."""
    return t.get(f"/automations/{automation_id}", unordered=AUTOMATION_SETS)


def automations_deleted(sequence: Callable[[Recorder], object]) -> Callable[[Recorder], object]:
    """The sequence with every automation deleted that it made: the peer goes on evaluating what is left."""

    @wraps(sequence)
    def tidied(t: Recorder) -> None:
        try:
            sequence(t)
        finally:
            made = [step.answer for step in t.steps if (step.method, step.path) == ("POST", "/automations/")]
            for answer in made:
                if answer.status < REFUSED:
                    t.delete(f"/automations/{answer.id}")

    return tidied

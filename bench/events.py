"""The workload over the events websocket: a task run's states, from the socket until they can be read."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import orjson
from typing_extensions import override
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.http import Connection, UnexpectedAnswerError
from bench.workloads import Workload, new_flow, run_body, stamp

STATES = (("PENDING", "Pending"), ("RUNNING", "Running"), ("COMPLETED", "Completed"))
READABLE_WITHIN = 60.0


class TaskEvent(Workload):
    """Three events per task run (Pending, Running, Completed), sent on one socket; a unit is one event.

    The round ends when every task run reads COMPLETED. Looking is rare and backs off, so it hardly adds to the cost.
    """

    name = "task_event"
    share = 1.5

    @override
    async def seed(self, c: Connection) -> None:
        self.flow_id = await new_flow(c)

    @override
    async def unit(self, c: Connection, number: int) -> None:
        raise NotImplementedError

    @override
    async def run(self, units: int, connections: int, seconds: float) -> list[float]:
        tasks = max(1, units // len(STATES))
        async with Connection(self.address) as c:
            run_id = str((await c.json("POST", "/flow_runs/", run_body(self.flow_id, "RUNNING", "events")))["id"])
        messages = [event for number in range(tasks) for event in task_events(run_id, number)]
        started = time.monotonic()
        async with connect(self.address.socket("/events/in"), subprotocols=[Subprotocol("prefect")]) as socket:
            await greet(socket)
            for message in messages:
                await socket.send(message)
        await self._until_readable(run_id, tasks)
        return [(time.monotonic() - started) / len(messages)] * len(messages)

    async def _until_readable(self, run_id: str, tasks: int) -> None:
        wanted = {
            "flow_runs": {"id": {"any_": [run_id]}},
            "task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
        }
        deadline = time.monotonic() + READABLE_WITHIN
        pause = 0.05
        while time.monotonic() < deadline:
            async with Connection(self.address) as c:
                found = int(await c.json("POST", "/task_runs/count", wanted))
            if found >= tasks:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)
        msg = f"not all of {tasks} task runs could be read within {READABLE_WITHIN} s"
        raise UnexpectedAnswerError(msg)


async def greet(socket: ClientConnection) -> None:
    """The handshake that clients make, with or without a key."""
    await socket.send(orjson.dumps({"type": "auth", "token": ""}).decode())
    answer = cast("dict[str, Any]", orjson.loads(await socket.recv()))
    if answer.get("type") != "auth_success":
        raise UnexpectedAnswerError(str(answer))


def task_events(run_id: str, number: int) -> list[str]:
    """What the client says of one task run."""
    task_run_id, key = str(uuid4()), str(uuid4())
    start = datetime.now(UTC)
    run = {"prefect.resource.id": f"prefect.flow-run.{run_id}", "prefect.resource.role": "flow-run"}
    events: list[str] = []
    before: dict[str, Any] | None = None
    for order, (kind, name) in enumerate(STATES):
        at = stamp(start + timedelta(milliseconds=order))
        state: dict[str, Any] = {"type": kind, "name": name, "message": "", "state_details": {}}
        task_run: dict[str, Any] = {
            "name": f"step-{number}",
            "task_key": "step-b2603bab",
            "dynamic_key": key,
            "empirical_policy": {"max_retries": 0, "retry_delay_seconds": 0.0, "retries": 0, "retry_delay": 0},
            "tags": [],
            "labels": {},
            "task_inputs": {"x": []},
            "run_count": min(order, 1),
            "flow_run_run_count": 1,
            "expected_start_time": stamp(start),
            "total_run_time": 0.0,
        }
        event: dict[str, Any] = {
            "id": str(uuid4()),
            "occurred": at,
            "event": f"prefect.task-run.{name}",
            "resource": {
                "prefect.resource.id": f"prefect.task-run.{task_run_id}",
                "prefect.resource.name": f"step-{number}",
                "prefect.run-count": str(min(order, 1)),
                "prefect.state-message": "",
                "prefect.state-name": name,
                "prefect.state-timestamp": at,
                "prefect.state-type": kind,
                "prefect.orchestration": "client",
            },
            "related": [run],
            "payload": {
                "intended": {"from": before and before["type"], "to": kind},
                "initial_state": before,
                "validated_state": {**state, "data": None},
                "task_run": task_run,
            },
            "follows": None,
        }
        events.append(orjson.dumps(event).decode())
        before = state
    return events

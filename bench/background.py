"""The workload of background tasks: runs are delayed over HTTP and handed out over the websocket of task workers."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import orjson
from typing_extensions import override
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from bench.events import greet
from bench.http import Connection
from bench.workloads import Workload, unique

HANDED_OUT_WITHIN = 60.0


class BackgroundTask(Workload):
    """A unit is one run: made as `delay` does, sent to one of the workers that serve its task, and confirmed."""

    name = "background_task"

    @override
    async def seed(self, c: Connection) -> None:
        self.key = unique("task")

    @override
    async def unit(self, c: Connection, number: int) -> None:
        await c.json("POST", "/task_runs/", delayed(self.key, number))

    @override
    async def run(self, units: int, connections: int, seconds: float) -> list[float]:
        seen: asyncio.Queue[float] = asyncio.Queue()
        workers = [asyncio.create_task(self._work(seen, number)) for number in range(connections)]
        started = time.monotonic()
        try:
            made = await super().run(units, connections, seconds)
            async with asyncio.timeout(HANDED_OUT_WITHIN):
                handed = [await seen.get() for _ in made]
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return [(max(handed) - started) / len(handed)] * len(handed)

    async def _work(self, seen: asyncio.Queue[float], number: int) -> None:
        url = self.address.socket("/task_runs/subscriptions/scheduled")
        async with connect(url, subprotocols=[Subprotocol("prefect")]) as socket:
            await greet(socket)
            asked = {"type": "subscribe", "keys": [self.key], "client_id": f"bench-{number}"}
            await socket.send(orjson.dumps(asked).decode())
            while True:
                await socket.recv()
                await socket.send('{"type":"ack"}')
                seen.put_nowait(time.monotonic())


def delayed(key: str, number: int) -> dict[str, Any]:
    """A task run that waits for a worker."""
    details = {"deferred": True, "task_parameters_id": str(uuid4())}
    return {
        "name": f"step-{number}",
        "task_key": key,
        "dynamic_key": str(uuid4()),
        "flow_run_id": None,
        "tags": ["bench"],
        "empirical_policy": {"retries": 2, "retry_delay": 1},
        "task_inputs": {"x": []},
        "state": {"type": "SCHEDULED", "name": "Scheduled", "state_details": details},
    }

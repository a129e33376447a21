"""The named workloads over HTTP: each seeds what it needs through the public API, under names of its own."""

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

import orjson
from typing_extensions import override

from bench.http import Address, Connection, UnexpectedAnswerError

PARAMETER_SCHEMA = {
    "title": "Parameters",
    "type": "object",
    "properties": {"name": {"type": "string", "title": "name", "position": 0}, "n": {"type": "integer", "default": 1}},
    "required": ["name"],
}


def stamp(moment: datetime) -> str:
    """A time as clients send it."""
    return moment.isoformat().replace("+00:00", "Z")


def unique(word: str) -> str:
    """A name that no earlier round has used."""
    return f"bench-{word}-{uuid4().hex[:12]}"


class Workload(ABC):
    """Something a client does again and again. `share` scales the number of units in a round."""

    name: ClassVar[str]
    requests_per_unit: ClassVar[int] = 1
    share: ClassVar[float] = 1.0

    def __init__(self, address: Address) -> None:
        self.address = address

    async def prepare(self) -> None:
        """Seed over a connection of its own."""
        async with Connection(self.address) as connection:
            await self.seed(connection)

    @abstractmethod
    async def seed(self, c: Connection) -> None:
        """Put in place what the units need."""

    @abstractmethod
    async def unit(self, c: Connection, number: int) -> None:
        """One unit of the work."""

    async def run(self, units: int, connections: int, seconds: float) -> list[float]:
        """As many units as fit in `seconds`, over some connections; how long each took."""
        latencies: list[float] = []
        numbers = iter(range(units))
        deadline = time.monotonic() + seconds

        async def lane() -> None:
            async with Connection(self.address) as connection:
                for number in numbers:
                    started = time.monotonic()
                    if started > deadline:
                        return
                    await self.unit(connection, number)
                    latencies.append(time.monotonic() - started)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(connections, units)):
                group.create_task(lane())
        return latencies


async def new_flow(c: Connection) -> str:
    """A flow of a new name."""
    return str((await c.json("POST", "/flows/", {"name": unique("flow")}))["id"])


def deployment_body(flow_id: str, tag: str, pool: str | None) -> dict[str, Any]:
    """A deployment as `prefect deploy` would send it."""
    return {
        "name": unique("deployment"),
        "flow_id": flow_id,
        "tags": [tag, "bench"],
        "parameters": {"name": "x"},
        "parameter_openapi_schema": PARAMETER_SCHEMA,
        "enforce_parameter_schema": True,
        "entrypoint": "flows/hello.py:hello",
        "path": ".",
        "version": "1",
        "description": "A deployment that the bench made.",
        "work_pool_name": pool,
        "job_variables": {"env": {"A": "1"}},
        "schedules": [{"schedule": {"interval": 86400, "timezone": "UTC"}, "active": False}],
        "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": "."}}],
    }


async def new_pool(c: Connection) -> str:
    """A process work pool of a new name."""
    return str((await c.json("POST", "/work_pools/", {"name": unique("pool"), "type": "process"}))["name"])


async def new_deployment(c: Connection, flow_id: str, tag: str, pool: str | None) -> str:
    """A deployment of a new name."""
    return str((await c.json("POST", "/deployments/", deployment_body(flow_id, tag, pool)))["id"])


def run_body(flow_id: str, state: str, tag: str) -> dict[str, Any]:
    """A flow run as the engine creates it."""
    return {
        "flow_id": flow_id,
        "name": "busy-bee",
        "parameters": {"name": "x", "n": 3, "items": [1, 2, 3]},
        "context": {},
        "tags": [tag, "bench"],
        "empirical_policy": {"retries": 2, "retry_delay": 5},
        "state": {"type": state, "message": None, "state_details": {}},
    }


class Lifecycle(Workload):
    """Create a run, set it RUNNING, then COMPLETED, and read it."""

    name = "lifecycle"
    requests_per_unit = 4
    share = 0.25

    @override
    async def seed(self, c: Connection) -> None:
        self.flow_id = await new_flow(c)

    @override
    async def unit(self, c: Connection, number: int) -> None:
        run = await c.json("POST", "/flow_runs/", run_body(self.flow_id, "PENDING", "lifecycle"))
        path = f"/flow_runs/{run['id']}"
        for state, name in (("RUNNING", "Running"), ("COMPLETED", "Completed")):
            details = {"flow_run_id": run["id"]}
            proposed = {"type": state, "name": name, "message": None, "state_details": details}
            answer = await c.json("POST", f"{path}/set_state", {"state": proposed, "force": False})
            if answer["status"] != "ACCEPT":
                raise UnexpectedAnswerError(str(answer))
        await c.raw("GET", path)


class FixedRequest(Workload):
    """The same request each time; `seed` sets path, body and how many rows the answer must hold."""

    method: ClassVar[str] = "POST"

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.path = ""
        self.body: bytes | None = None

    @override
    async def unit(self, c: Connection, number: int) -> None:
        await c.raw(self.method, self.path, self.body)

    async def fix(self, c: Connection, path: str, body: object = None) -> Any:
        """Settle on the request, and show its answer once."""
        self.path = path
        self.body = None if body is None else orjson.dumps(body)
        return await c.json(self.method, path, body)


def expect(found: object, wanted: object) -> None:
    """A seed that did not take would make the numbers look good."""
    if found != wanted:
        msg = f"the answer holds {found!r}, not {wanted!r}"
        raise UnexpectedAnswerError(msg)


async def seed_runs(c: Connection, flow_id: str, count: int) -> None:
    """Runs of one flow in mixed states."""
    for number in range(count):
        state = ("COMPLETED", "FAILED", "RUNNING", "PENDING")[number % 4]
        await c.raw("POST", "/flow_runs/", orjson.dumps(run_body(flow_id, state, f"t{number % 5}")))


class FlowRunsFilter(FixedRequest):
    """The list of 200 runs that a dashboard asks for."""

    name = "flow_runs_filter"
    share = 0.5

    @override
    async def seed(self, c: Connection) -> None:
        flow_id = await new_flow(c)
        await seed_runs(c, flow_id, 220)
        wanted = {"sort": "EXPECTED_START_TIME_DESC", "limit": 200, "flows": {"id": {"any_": [flow_id]}}}
        expect(len(await self.fix(c, "/flow_runs/filter", wanted)), 200)


class DeploymentsPaginate(FixedRequest):
    """A page of 50 deployments."""

    name = "deployments_paginate"
    share = 0.5

    @override
    async def seed(self, c: Connection) -> None:
        flow_id, pool, tag = await new_flow(c), await new_pool(c), unique("tag")
        for _ in range(60):
            await new_deployment(c, flow_id, tag, pool)
        wanted = {"page": 1, "limit": 50, "sort": "NAME_ASC", "deployments": {"tags": {"all_": [tag]}}}
        page = await self.fix(c, "/deployments/paginate", wanted)
        expect((len(page["results"]), page["count"]), (50, 60))


class Count(FixedRequest):
    """How many runs of some states a flow has."""

    name = "count"

    @override
    async def seed(self, c: Connection) -> None:
        flow_id = await new_flow(c)
        await seed_runs(c, flow_id, 80)
        states = {"state": {"type": {"any_": ["COMPLETED", "FAILED"]}}}
        wanted = {"flows": {"id": {"any_": [flow_id]}}, "flow_runs": states}
        expect(await self.fix(c, "/flow_runs/count", wanted), 40)


class History(FixedRequest):
    """A day of runs in 50 buckets."""

    name = "history"

    @override
    async def seed(self, c: Connection) -> None:
        flow_id = await new_flow(c)
        await seed_runs(c, flow_id, 80)
        end = datetime.now(UTC) + timedelta(hours=1)
        wanted = {
            "history_start": stamp(end - timedelta(days=1)),
            "history_end": stamp(end),
            "history_interval_seconds": 86400 / 50,
            "flows": {"id": {"any_": [flow_id]}},
        }
        expect(len(await self.fix(c, "/flow_runs/history", wanted)), 50)


class ReadDeployment(FixedRequest):
    """One deployment by id."""

    name = "read_deployment"
    method = "GET"

    @override
    async def seed(self, c: Connection) -> None:
        made = await new_deployment(c, await new_flow(c), unique("tag"), await new_pool(c))
        expect((await self.fix(c, f"/deployments/{made}"))["id"], made)


class CreateFlowRunFromDeployment(FixedRequest):
    """A run of a deployment, asked for by its caller."""

    name = "create_flow_run_from_deployment"

    @override
    async def seed(self, c: Connection) -> None:
        made = await new_deployment(c, await new_flow(c), unique("tag"), await new_pool(c))
        body = {"parameters": {"name": "y"}, "tags": ["bench"], "state": {"type": "SCHEDULED"}}
        expect((await self.fix(c, f"/deployments/{made}/create_flow_run", body))["deployment_id"], made)


class CreateDeployment(Workload):
    """A new deployment of a pool, with a schedule."""

    name = "create_deployment"

    @override
    async def seed(self, c: Connection) -> None:
        self.flow_id, self.pool = await new_flow(c), await new_pool(c)

    @override
    async def unit(self, c: Connection, number: int) -> None:
        await c.raw("POST", "/deployments/", orjson.dumps(deployment_body(self.flow_id, "created", self.pool)))


class WorkerPoll(FixedRequest):
    """What a worker asks every few seconds: 10 runs are due."""

    name = "worker_poll"

    @override
    async def seed(self, c: Connection) -> None:
        flow_id, pool = await new_flow(c), await new_pool(c)
        made = await new_deployment(c, flow_id, unique("tag"), pool)
        for _ in range(12):
            await c.json("POST", f"/deployments/{made}/create_flow_run", {"parameters": {"name": "y"}})
        wanted = {"limit": 10, "scheduled_before": stamp(datetime.now(UTC) + timedelta(hours=1))}
        expect(len(await self.fix(c, f"/work_pools/{pool}/get_scheduled_flow_runs", wanted)), 10)


class Logs(Workload):
    """A hundred lines of one run's log."""

    name = "logs"
    share = 0.5

    @override
    async def seed(self, c: Connection) -> None:
        self.run_id = (await c.json("POST", "/flow_runs/", run_body(await new_flow(c), "RUNNING", "logs")))["id"]

    @override
    async def unit(self, c: Connection, number: int) -> None:
        now = datetime.now(UTC)
        lines = [
            {
                "name": "prefect.flow_runs",
                "level": 20,
                "message": f"Line {line} of batch {number}: worked on item {line * 7919 % 1000} for a while",
                "timestamp": stamp(now + timedelta(microseconds=line)),
                "flow_run_id": self.run_id,
                "task_run_id": None,
            }
            for line in range(100)
        ]
        await c.raw("POST", "/logs/", orjson.dumps(lines))

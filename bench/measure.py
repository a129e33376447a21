"""Rounds: what one round of a workload cost a server, with its idle burden taken off."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field

from bench.http import Address
from bench.proc import cpu_seconds
from bench.statements import Statements
from bench.workloads import Workload

QUIET_WINDOW = 0.25
QUIET_LIMIT = 8.0


@dataclass(slots=True)
class Target:
    """A server under load and the processes whose CPU is counted."""

    name: str
    address: Address
    server_pid: int
    postgres_pid: int
    statements: Statements
    idle: list["Usage"] = field(default_factory=list["Usage"])


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds and statements over a stretch of time."""

    wall: float
    server: float
    postgres: float
    statements: float


@dataclass(frozen=True, slots=True)
class Round:
    """One round: how many requests, what they used, how long each took (seconds)."""

    requests: int
    used: Usage
    busy: float
    latencies: list[float]


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over rounds, per request."""

    server_ms: float
    postgres_ms: float
    statements: float
    latency_ms: float
    per_second: float
    spread: float


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    server: float
    postgres: float
    statements: int

    @classmethod
    async def take(cls, target: Target) -> "_Mark":
        statements = await target.statements.count()
        return cls(time.monotonic(), cpu_seconds(target.server_pid), cpu_seconds(target.postgres_pid), statements)

    def to(self, later: "_Mark") -> Usage:
        return Usage(
            later.at - self.at,
            later.server - self.server,
            later.postgres - self.postgres,
            later.statements - self.statements,
        )


async def rest(target: Target, seconds: float) -> None:
    """Watch the server do nothing, to know what its background work costs."""
    before = await _Mark.take(target)
    await asyncio.sleep(seconds)
    target.idle.append(before.to(await _Mark.take(target)))


async def settle(target: Target) -> None:
    """Wait until work that the server put off (event queues, recorders) is done: it belongs to the round."""
    limit = max(0.04, 2 * idle_rate(target).server)
    deadline = time.monotonic() + QUIET_LIMIT
    quiet = 0
    while quiet < 2 and time.monotonic() < deadline:
        before = cpu_seconds(target.server_pid)
        await asyncio.sleep(QUIET_WINDOW)
        quiet = quiet + 1 if (cpu_seconds(target.server_pid) - before) / QUIET_WINDOW < limit else 0


async def play(target: Target, workload: Workload, requests: int, connections: int, seconds: float) -> Round:
    """One round."""
    before = await _Mark.take(target)
    started = time.monotonic()
    latencies = await workload.run(max(1, round(requests * workload.share)), connections, seconds)
    busy = time.monotonic() - started
    await settle(target)
    used = before.to(await _Mark.take(target))
    return Round(len(latencies) * workload.requests_per_unit, used, busy, latencies)


def idle_rate(target: Target) -> Usage:
    """What the server uses per second of doing nothing: the median of its idle windows."""
    if not target.idle:
        return Usage(1.0, 0.0, 0.0, 0.0)
    return Usage(
        1.0,
        max(0.0, statistics.median(i.server / i.wall for i in target.idle)),
        max(0.0, statistics.median(i.postgres / i.wall for i in target.idle)),
        max(0.0, statistics.median(i.statements / i.wall for i in target.idle)),
    )


def cost(rounds: list[Round], idle: Usage) -> Cost:
    """Medians per request, the idle burden subtracted."""

    def per_request(values: list[float]) -> list[float]:
        return [value / played.requests for value, played in zip(values, rounds, strict=True)]

    server = per_request([1000 * (r.used.server - idle.server * r.used.wall) for r in rounds])
    postgres = per_request([1000 * (r.used.postgres - idle.postgres * r.used.wall) for r in rounds])
    statements = per_request([r.used.statements - idle.statements * r.used.wall for r in rounds])
    median = statistics.median(server)
    return Cost(
        server_ms=median,
        postgres_ms=statistics.median(postgres),
        statements=statistics.median(statements),
        latency_ms=1000 * statistics.median(x for r in rounds for x in r.latencies),
        per_second=statistics.median(r.requests / r.busy for r in rounds),
        spread=(max(server) - min(server)) / median if median else 0.0,
    )

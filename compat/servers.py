"""Starts and ends the two servers that are compared: locum on a data directory, and the peer on its own database."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx

from compat.environments import PEER, ROOT, python_of

READY_SECONDS = float(os.environ.get("COMPAT_START_SECONDS", "120"))


def free_port() -> int:
    """A port on the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without any setting of the client or of a server."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "LOCUM_"))}
    return {**kept, "DO_NOT_TRACK": "1", **more}


def wait_until_healthy(api: str, seconds: float = READY_SECONDS, process: Server | None = None) -> None:
    """Returns when `api`/health answers; raises when it does not in time or when its process has ended."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{api}/health", timeout=5, trust_env=False).status_code == 200:
                return
        if process is not None and process.code() is not None:
            raise RuntimeError(f"the server ended with exit code {process.code()}:\n{process.output()}")
        if time.monotonic() > deadline:
            tail = process.output() if process is not None else ""
            raise RuntimeError(f"no answer from {api} within {seconds:.0f} s\n{tail}")
        time.sleep(0.1)


class Server:
    """One server process, with its data directory and its output."""

    def __init__(self, command: list[str], data: Path, port: int, environment: dict[str, str]) -> None:
        """Starts the command; its output goes to a file in the data directory."""
        self.data = data
        self.port = port
        self.api = f"http://127.0.0.1:{port}/api"
        self.log = data / "server.out"
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                command, env=environment, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=data
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def code(self) -> int | None:
        """The exit code, when it has ended."""
        return self._process.poll()

    def output(self, size: int = 3000) -> str:
        """The end of what it has printed."""
        return self.log.read_text(errors="replace")[-size:]

    def ready(self) -> Server:
        """Waits until it answers."""
        wait_until_healthy(self.api, process=self)
        return self

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def stop(self, seconds: float = 30) -> int:
        """Asks it to end, and makes it end when it does not within that time."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(seconds)
            self.kill()
        return self._process.returncode


def locum_command() -> str:
    """The executable under proof."""
    return os.environ.get("LOCUM_BIN", str(ROOT / ".venv" / "bin" / "locum"))


def start_locum(data: Path, port: int | None = None, **settings: str) -> Server:
    """Starts locum on that data directory; `settings` are environment variables. It need not answer yet."""
    port = port or free_port()
    data.mkdir(parents=True, exist_ok=True)
    environment = clean_environment(LOCUM_HOME=str(data), **settings)
    command = [locum_command(), "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    return Server(command, data, port, environment)


def start_peer(data: Path, port: int | None = None) -> Server:
    """Starts the peer on that data directory. It need not answer yet."""
    port = port or free_port()
    data.mkdir(parents=True, exist_ok=True)
    command = [str(python_of(PEER)), str(ROOT / "compat" / "peer.py"), str(data), str(port)]
    return Server(command, data, port, clean_environment(PYTHONPATH=""))


def temporary_data(what: str) -> Path:
    """A new directory for a server's data, short enough for the path of a database's socket."""
    return Path(tempfile.mkdtemp(prefix=f"compat-{what}-"))


def discard(data: Path) -> None:
    """Removes such a directory."""
    shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    # `python -m compat.servers peer|locum DATA PORT`: runs one of them in the foreground, to look at it by hand.
    starters = {"peer": start_peer, "locum": start_locum}
    server = starters[sys.argv[1]](Path(sys.argv[2]).resolve(), int(sys.argv[3])).ready()
    sys.stdout.write(f"{server.api} (pid {server.pid})\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        signal.pause()
    server.stop()

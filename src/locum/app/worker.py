"""One of several API processes, started by `app.workers`: told what to do on standard input, ending when that ends."""

import asyncio
import json
import os
import signal
import socket
import sys
from typing import Any

import uvloop

from locum.app.serving import Stop, serve
from locum.infra.logs import configure
from locum.infra.settings import read_settings


def main() -> None:
    """Serve on the socket handed down."""
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    settings = read_settings(overrides=order["overrides"])
    configure(settings.logging_level, settings.logging_format)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listening = socket.socket(fileno=order["socket"])
    uvloop.run(_serve(settings.model_copy(update={"loops": False}), order["url"], listening))


async def _serve(settings: Any, url: str, listening: socket.socket) -> None:
    stop = Stop()

    def heard() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            stop.ask()

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), heard)
    await serve(settings, url, listening, stop, lambda: print("ready", flush=True))  # noqa: T201 - to the supervisor


if __name__ == "__main__":
    main()

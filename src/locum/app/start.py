"""`locum server start` and `locum loops start`: everything brought up in order, and down in reverse."""

import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, NoReturn

import uvloop

from locum.app.banner import banner
from locum.app.database import Database, bring_up_to_date, kept_up, opened
from locum.app.serving import Stop, connected, looping, serve
from locum.app.workers import supervise
from locum.infra.logs import configure
from locum.infra.problem import Problem
from locum.infra.settings import Settings, read_settings
from locum.infra.settings.reading import unknown_variables

logger = logging.getLogger("locum.start")


def begin(overrides: Mapping[str, Any]) -> Settings:
    """Read the settings and set up logs; from here on SIGTERM unwinds as Ctrl-C does."""
    settings = read_settings(overrides=overrides)
    configure(settings.logging_level, settings.logging_format)
    for name in unknown_variables(os.environ):
        logger.warning("no such setting", extra={"variable": name})
    signal.signal(signal.SIGTERM, _unwind)
    return settings


def start_server(overrides: Mapping[str, Any]) -> None:
    """Serve until stopped by a signal."""
    settings = begin(overrides)
    listening = _bound(settings.api.host, settings.api.port)
    address = _address(settings, listening)
    with listening, _interrupted_quietly(), opened(settings) as database:
        bring_up_to_date(settings, database.url)

        def ready() -> None:
            print(banner(settings, address, embedded=database.server is not None), flush=True)  # noqa: T201 - for the terminal

        uvloop.run(_serve(settings, overrides, database, listening, ready))


async def _serve(
    settings: Settings, overrides: Mapping[str, Any], database: Database, listening: socket.socket, ready: Any
) -> None:
    stop = Stop()
    async with kept_up(database):
        if settings.api.workers == 1:
            await serve(settings, database.url, listening, stop, ready)
            return
        async with connected(settings, database.url) as db, looping(settings, db):
            await supervise(settings, overrides, database.url, listening, stop, ready)


def start_loops(overrides: Mapping[str, Any]) -> None:
    """Run background loops until stopped by a signal."""
    settings = begin(overrides)
    with _interrupted_quietly(), opened(settings) as database:
        bring_up_to_date(settings, database.url)
        uvloop.run(_loop(settings, database))


async def _loop(settings: Settings, database: Database) -> None:
    stop = Stop()
    async with kept_up(database), connected(settings, database.url) as db, looping(settings, db):
        print("locum: background loops are running", flush=True)  # noqa: T201 - for the terminal
        await stop.asked.wait()


class _interrupted_quietly:  # noqa: N801 - reads as a statement
    """A signal before anything serves ends the process without a traceback, after all has been let go of."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is KeyboardInterrupt:
            sys.exit(130)


def _unwind(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        msg = f"cannot listen on {host}: {error.strerror or error}. Give an address of this machine with --host."
        raise Problem(msg) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        # Listening at once: of two that start at the same time, the second is told now and not in the middle.
        listening.listen(2048)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            msg = f"port {port} on {host} is taken: stop what listens there, or choose another with --port."
        elif error.errno == errno.EACCES:
            msg = f"port {port} may not be opened by this user: choose one above 1023 with --port."
        else:
            msg = f"cannot listen on {host}:{port}: {error.strerror}. Give an address of this machine with --host."
        raise Problem(msg) from error
    return listening


def _address(settings: Settings, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - recognised, not bound
        host = "127.0.0.1"
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{port}{(settings.api.base_path or '').rstrip('/')}/api"

"""One serving process: uvicorn on a socket that is bound already, and loops beside it, until told to stop."""

import asyncio
import contextlib
import gc
import math
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator

import uvicorn

from locum.app.asgi import create_app
from locum.app.hubs import hubs
from locum.app.loops import backgrounds
from locum.domain.clock import now
from locum.features.blocks.commands import installing
from locum.infra.db import Db
from locum.infra.loop import Runner
from locum.infra.postgres.pooling import pool_options
from locum.infra.settings import Settings
from locum.infra.web.websockets import PatientWebSocket


class ApiServer(uvicorn.Server):
    """uvicorn, which leaves signals to us: what it would do after them is not all there is to do."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        """`ready` is called once connections are accepted."""
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, and say so."""
        await super().startup(sockets)
        if not self.should_exit:
            # What was made up to here stays for good: the collector need not walk through it again and again.
            gc.collect()
            gc.freeze()
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield

    def stop(self) -> None:
        """Answer what was asked, then end; told twice, end now."""
        self.force_exit = self.should_exit
        self.should_exit = True


class Stop:
    """Asks what runs to end when SIGINT or SIGTERM comes, and again when another does."""

    def __init__(self) -> None:
        """Listen from now on."""
        self.asked = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.ask)

    def ask(self) -> None:
        """Ask everybody to end."""
        self.asked.set()
        for listener in self._listeners:
            listener()

    def tell(self, listener: Callable[[], None]) -> None:
        """Call the listener each time."""
        self._listeners.append(listener)
        if self.asked.is_set():
            listener()


@contextlib.asynccontextmanager
async def looping(settings: Settings, db: Db) -> AsyncGenerator[Runner]:
    """The background loops, running if the settings say so, drained at the end."""
    runner = Runner(db, backgrounds(settings) if settings.loops else (), now)
    runner.start()
    try:
        yield runner
    finally:
        await runner.drain(settings.api.drain_seconds)


@contextlib.asynccontextmanager
async def connected(settings: Settings, url: str) -> AsyncGenerator[Db]:
    """The pool of this process."""
    db = Db(pool_options(settings, url))
    try:
        yield db
    finally:
        await db.close()


async def serve(settings: Settings, url: str, listening: socket.socket, stop: Stop, ready: Callable[[], None]) -> None:
    """Serve until stopped; `ready` is called once connections are accepted."""
    async with connected(settings, url) as db, looping(settings, db) as runner, hubs(settings, db) as shared:
        # Before the first request, which may ask for them.
        if settings.register_blocks_on_start:
            await installing.complete(db, now())
        api = _api_server(settings, create_app(settings, db, {**shared, "loops": runner.pulses}), ready)
        stop.tell(api.stop)
        await api.serve(sockets=[listening])


def _api_server(settings: Settings, app: object, ready: Callable[[], None]) -> ApiServer:
    api = settings.api
    config = uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType]  (uvicorn names the types of ASGI one by one)
        loop="none",
        http="httptools",
        ws=PatientWebSocket,
        # Next to the server a stream of small messages costs more to compress than to send.
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=api.access_log,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=api.forwarded_allow_ips,
        timeout_keep_alive=api.keepalive_timeout,
        timeout_graceful_shutdown=math.ceil(api.drain_seconds),
        ws_max_size=api.socket_message_limit,
        ws_ping_interval=api.websocket_ping_interval,
        ws_ping_timeout=api.websocket_ping_timeout,
    )
    return ApiServer(config, ready)

"""A real server for tests of sockets: uvicorn on a free port, in the test's own event loop."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from locum.app.asgi import create_app
from locum.app.hubs import hubs
from locum.app.serving import _api_server  # pyright: ignore[reportPrivateUsage]  (the server as it is run)
from locum.infra.db import Db
from locum.infra.settings import Settings


@asynccontextmanager
async def serving(settings: Settings, db: Db) -> AsyncGenerator[int]:
    """The port on which it listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        async with hubs(settings, db) as shared:
            ready = asyncio.Event()
            server = _api_server(settings, create_app(settings, db, shared), _setter(ready))
            task = asyncio.create_task(server.serve(sockets=[listening]))
            await ready.wait()
            try:
                yield listening.getsockname()[1]
            finally:
                server.stop()
                await task


def _setter(event: asyncio.Event) -> Callable[[], None]:
    return event.set

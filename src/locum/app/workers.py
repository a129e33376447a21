"""Several API processes on one socket: started, watched, replaced when they die, and drained together."""

import asyncio
import contextlib
import json
import logging
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from locum.app.serving import Stop
from locum.infra.settings import Settings

logger = logging.getLogger("locum.workers")

_AGAIN_AFTER = 1.0


async def supervise(
    settings: Settings,
    overrides: Mapping[str, Any],
    url: str,
    listening: socket.socket,
    stop: Stop,
    ready: Callable[[], None],
) -> None:
    """Keep as many processes serving as the settings say, until asked to stop."""
    order = json.dumps({"overrides": dict(overrides), "url": url, "socket": listening.fileno()})
    started = [asyncio.Event() for _ in range(settings.api.workers)]
    keepers = [
        asyncio.create_task(_keep(order, listening.fileno(), up, stop, settings.api.drain_seconds)) for up in started
    ]
    asking = asyncio.create_task(stop.asked.wait())
    waiting = asyncio.gather(*(up.wait() for up in started))
    await asyncio.wait([asyncio.ensure_future(waiting), asking], return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        ready()
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    await asking
    await asyncio.gather(*keepers)


async def _keep(order: str, descriptor: int, up: asyncio.Event, stop: Stop, drain: float) -> None:
    while not stop.asked.is_set():
        # A session of its own, so that Ctrl-C reaches it through us only; it ends when its standard input does.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "locum.app.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(descriptor,),
            start_new_session=True,
        )
        await _watch(process, order, up, stop, drain)
        if not stop.asked.is_set():
            logger.error("an API process died", extra={"pid": process.pid, "code": process.returncode})
            await asyncio.sleep(_AGAIN_AFTER)


async def _watch(process: asyncio.subprocess.Process, order: str, up: asyncio.Event, stop: Stop, drain: float) -> None:
    orders, answers = process.stdin, process.stdout
    if orders is None or answers is None:
        return
    orders.write(order.encode() + b"\n")
    if await answers.readline():
        up.set()
    ended, asked = asyncio.create_task(process.wait()), asyncio.create_task(stop.asked.wait())
    await asyncio.wait([ended, asked], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    orders.close()
    try:
        await asyncio.wait_for(asyncio.shield(ended), drain + 10)
    except TimeoutError:
        process.kill()
        await ended

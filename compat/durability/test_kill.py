"""Kills locum under load, ten times, with its database every other time; nothing acknowledged may be missing."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from compat.durability.load import Acknowledged, load, missing
from compat.servers import Server, discard, free_port, start_locum, temporary_data

ROUNDS = int(os.environ.get("COMPAT_KILLS", "10"))


def _kill(server: Server, with_database: bool) -> None:
    """Kills the server, and also the PostgreSQL whose data lie below its own."""
    server.kill()
    for file in server.data.rglob("postmaster.pid") if with_database else ():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(int(file.read_text().splitlines()[0]), signal.SIGKILL)


async def _until_killed(server: Server, known: Acknowledged, seconds: float, kill: Callable[[], None]) -> None:
    """Writes until the server is gone, which is after that time."""
    over = asyncio.Event()
    killing = threading.Timer(seconds, kill)
    killing.start()
    # The load ends with the server; this only guards against one that does not die.
    asyncio.get_running_loop().call_later(seconds + 30, over.set)
    await load(server.api, known, over)
    killing.join()


@pytest.mark.timeout(400)
def test_nothing_acknowledged_is_lost() -> None:
    """Flow runs, states, log lines, events and task runs, over all rounds together."""
    data, port = temporary_data("kill"), free_port()
    known = Acknowledged()
    luck = random.Random(4200)
    try:
        for round_number in range(ROUNDS):
            server = start_locum(data, port).ready()
            with_database = round_number % 2 == 1
            asyncio.run(_until_killed(server, known, luck.uniform(0.3, 1.5), partial(_kill, server, with_database)))
        server = start_locum(data, port).ready()
        try:
            counts = known.counts()
            sys.stdout.write(f"acknowledged over {ROUNDS} kills: {counts}\n")
            assert all(counts.values()), counts
            assert not missing(server.api, known)
        finally:
            server.stop()
    finally:
        discard(data)

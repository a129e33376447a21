"""The websockets, sent what no client sends: a handler never fails, a close has a code, and memory does not grow."""

import asyncio
import json
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import hypothesis
import psutil
import pytest
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from locum.app.routes import SOCKETS
from locum.infra.web import Socket
from tests.fuzz.campaign import SEED, UNHELPFUL
from tests.fuzz.conftest import EXAMPLES
from tests.fuzz.hostile import BODIES, anything, spoilt
from tests.fuzz.values import Pool, plant
from tests.fuzz.wire import Wire

NOBODY = "00000000-0000-4000-8000-000000000000"
NOW = "2026-01-01T00:00:00Z"
FRAME = {"id": NOBODY, "sent_at": NOW}
BEAT = {"consumer_id": NOBODY, "worker_name": "fuzz", "heartbeat_interval_seconds": 30}
SETTLED = {"message_id": NOBODY, "reservation_token": "t"}
CAPABILITIES = ["worker_heartbeat.v1", "work_pool_snapshot.v1", "cleanup_delivery.v1"]
HELLO = {
    **BEAT,
    "worker_type": "process",
    "supported_channel_versions": ["work_pool_worker_channel.v1"],
    "requested_capabilities": CAPABILITIES,
    "handled_cleanup_kinds": ["cancelling_timeout_teardown.v1"],
}
AUTH = {"type": "auth", "token": None}
EVENT = {
    "id": NOBODY,
    "occurred": NOW,
    "event": "prefect.task-run.Running",
    "resource": {"prefect.resource.id": f"prefect.task-run.{NOBODY}"},
    "related": [{"prefect.resource.id": f"prefect.flow-run.{NOBODY}", "prefect.resource.role": "flow-run"}],
    "payload": {"task_run": {"task_key": "a", "dynamic_key": "1"}, "validated_state": {"type": "RUNNING"}},
}
# What clients say in turn, by the path of the socket.
TALKS: dict[str, Sequence[Any]] = {
    "/events/in": (EVENT, EVENT, EVENT),
    "/events/out": (
        {
            "type": "filter",
            "backfill": True,
            "filter": {"event": {"prefix": ["a"]}, "resource": {"labels": {"a": ["b"]}}},
        },
        {"type": "ping"},
    ),
    "/logs/out": ({"type": "filter", "filter": {"level": {"ge_": 10}, "flow_run_id": {"any_": [NOBODY]}}}, {}),
    "/task_runs/subscriptions/scheduled": (
        {"type": "subscribe", "keys": ["a", "b"], "client_id": "fuzz"},
        {"type": "ack"},
        {"type": "quit"},
    ),
    "/work_pools/{work_pool_name}/workers/connect": (
        {"type": "worker.hello.v1", "payload": HELLO, **FRAME},
        {"type": "worker.heartbeat.v1", "payload": BEAT, **FRAME},
        {"type": "cleanup.ack.v1", "payload": SETTLED, **FRAME},
        {"type": "cleanup.renew.v1", "payload": SETTLED, **FRAME},
    ),
}
MEANT = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 4001}
BIG, FLOOD = 256 * 1024, 200
GROWN_AT_MOST = 48 * 1024 * 1024
TOO_BIG = 17 * 1024 * 1024

by_socket = pytest.mark.parametrize("socket", SOCKETS, ids=lambda socket: socket.path)
pytestmark = pytest.mark.slow


class Failures(logging.Handler):
    """What the server logs as an error; the client is in this process too."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("websockets.client"):
            self.told.append(f"{record.getMessage()} {record.exc_text or record.exc_info}")


def dialled(address: str, socket: Socket) -> ClientConnection:
    path = socket.path.replace("{work_pool_name}", "fuzz")
    return connect(
        address.replace("http", "ws", 1) + path, subprotocols=[Subprotocol("prefect")], max_size=None, proxy=None
    )


def closed(client: ClientConnection) -> int | None:
    """The code of the close, the server's where it was first; a pong before says that it has read all."""
    with suppress(ConnectionClosed, TimeoutError):
        client.ping().wait(0.5)
    client.close()
    return client.close_code


def written(message: Any, chance: random.Random) -> str | bytes:
    text = json.dumps(message, default=str)
    return text.encode() if chance.random() < 0.2 else text


def messages(socket: Socket, chance: random.Random) -> list[str | bytes]:
    """A talk in which most go well, so that later messages are heard, and one is not what it should be."""
    talk = [AUTH, *TALKS[socket.path]]
    wrong = chance.randrange(len(talk))
    said = [written(message, chance) for message in talk]
    way = chance.randrange(4)
    if way == 0:
        said[wrong] = chance.choice(BODIES)
    elif way == 1:
        said[wrong] = written(anything(chance), chance)
    else:
        said[wrong] = written(spoilt(talk[wrong], chance), chance)
    return said


async def unfailing(work: Callable[[], None]) -> None:
    """Run it in a thread; the server, which is in this process, may log no error meanwhile."""
    failures = Failures()
    logging.getLogger().addHandler(failures)
    try:
        await asyncio.to_thread(work)
    finally:
        logging.getLogger().removeHandler(failures)
    assert failures.told == []


@by_socket
async def test_talks_that_go_wrong(socket: Socket, address: str):
    settings = hypothesis.settings(
        max_examples=6 * EXAMPLES,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=UNHELPFUL,
    )

    @hypothesis.seed(SEED)
    @settings
    @hypothesis.given(st.integers(0, 2**32))
    def holds(number: int) -> None:
        chance = random.Random(number)
        with dialled(address, socket) as client:
            said = messages(socket, chance)
            with suppress(ConnectionClosed):
                for message in said:
                    client.send(message)
            code = closed(client)
        assert code in MEANT, f"{code} {client.close_reason} after {[part[:300] for part in said]}; FUZZ_SEED={SEED}"

    wire = Wire(address)
    await asyncio.to_thread(plant, wire, Pool())
    wire.close()
    await unfailing(holds)


@by_socket
async def test_a_flood_leaves_nothing(socket: Socket, address: str):
    def flood() -> None:
        with dialled(address, socket) as client, suppress(ConnectionClosed):
            for message in (AUTH, TALKS[socket.path][0]):
                client.send(json.dumps(message))
            for _ in range(FLOOD):
                client.send("x" * BIG)
            closed(client)

    await asyncio.to_thread(flood)
    before = psutil.Process().memory_info().rss
    await unfailing(flood)
    assert psutil.Process().memory_info().rss - before < GROWN_AT_MOST


@by_socket
async def test_a_message_too_big_is_refused(socket: Socket, address: str):
    def send() -> None:
        with dialled(address, socket) as client:
            with suppress(ConnectionClosed):
                client.send("x" * TOO_BIG)
            assert closed(client) in {1009, 1006}  # a reset may outrun the close, since the message is not read

    await unfailing(send)


@by_socket
async def test_a_handshake_gone_wrong(socket: Socket, address: str):
    def shake() -> None:
        for path in (socket.path.replace("{work_pool_name}", "%00"), socket.path + "/%ED%A0%80", "/" + socket.path):
            with (
                suppress(InvalidStatus, ConnectionClosed),
                connect(address.replace("http", "ws", 1) + path, proxy=None) as client,
            ):
                closed(client)

    await unfailing(shake)

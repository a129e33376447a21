"""The sockets of workers: the same dialogues with both servers, and what is heard in return compared."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

SILENCE, PATIENCE = 2.0, 60.0
NEEDED = ["worker_heartbeat.v1", "work_pool_snapshot.v1"]
CLEANS_UP = {
    "requested_capabilities": [*NEEDED, "cleanup_delivery.v1", "other.v1"],
    "handled_cleanup_kinds": ["cancelling_timeout_teardown.v1", "pending_claim_teardown.v1"],
}
TEMPLATE = {"job_configuration": {"command": "{{ command }}"}, "variables": {"properties": {"command": {}}}}
CONSUMER, POOL, KEY = str(uuid.uuid4()), "{pool}", "{key}"
AUTH = {"type": "auth", "token": None}


def frame(kind: str, **payload: Any) -> dict[str, Any]:
    """A frame of a worker."""
    return {"type": kind, "id": str(uuid.uuid4()), "sent_at": datetime.now(UTC).isoformat(), "payload": payload}


def hello(**more: Any) -> dict[str, Any]:
    """The first frame of a worker."""
    given = {
        "consumer_id": CONSUMER,
        "worker_name": "mine",
        "worker_type": "process",
        "heartbeat_interval_seconds": 30,
        "supported_channel_versions": ["work_pool_worker_channel.v1"],
        "requested_capabilities": NEEDED,
    }
    return frame("worker.hello.v1", **{**given, **more})


def heartbeat(**more: Any) -> dict[str, Any]:
    """A worker's sign of life."""
    given = {"consumer_id": CONSUMER, "worker_name": "mine", "heartbeat_interval_seconds": 30}
    return frame("worker.heartbeat.v1", **{**given, **more})


@dataclass(frozen=True)
class Request:
    """A step that is taken over REST."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Listen:
    """A step that waits for a message, or for the end of the connection; or sees that there is `nothing` to hear."""

    nothing: bool = False


Step = Request | Listen | dict[str, Any] | str | list[Any]


@dataclass(frozen=True)
class Dialogue:
    """What a client says on a socket, in turn with requests beside it; `before` it connects."""

    name: str
    path: str
    steps: tuple[Step, ...]
    before: tuple[Request, ...] = ()
    subprotocols: tuple[str, ...] = ("prefect",)


MADE = (Request("POST", "/work_pools/", {"name": POOL, "type": "process"}),)
CHANNEL = f"/work_pools/{POOL}/workers/connect"
SUBSCRIPTION = "/task_runs/subscriptions/scheduled"


def channel(name: str, *steps: Step, before: tuple[Request, ...] = MADE) -> Dialogue:
    """A dialogue on the worker channel, past its greeting."""
    return Dialogue(f"channel-{name}", CHANNEL, (AUTH, Listen(), *steps), before)


def subscription(name: str, *steps: Step) -> Dialogue:
    """A dialogue on the subscription of task runs, past its greeting."""
    return Dialogue(f"subscription-{name}", SUBSCRIPTION, (AUTH, Listen(), *steps))


def delayed(number: int) -> Request:
    """What `delay` does."""
    state = {"type": "SCHEDULED", "state_details": {"deferred": True, "task_parameters_id": CONSUMER}}
    body = {"name": f"n{number}", "task_key": KEY, "dynamic_key": str(number), "flow_run_id": None, "state": state}
    return Request("POST", "/task_runs/", body)


SUBSCRIBE = {"type": "subscribe", "keys": [KEY], "client_id": "host-1"}
ACK = {"type": "ack"}
MISSING_BLOCK = {"$ref": {"block_document_id": CONSUMER}}
REFERRING = {
    "job_configuration": {"a": "{{ a }}"},
    "variables": {"properties": {"a": {"type": "object", "default": MISSING_BLOCK}}},
}
TOLD_TWICE = frame("cleanup.ack.v1", message_id=CONSUMER, reservation_token="x")

DIALOGUES = (
    Dialogue("channel-without-subprotocol", CHANNEL, (), subprotocols=()),
    Dialogue("channel-no-auth", CHANNEL, ({"type": "what"}, Listen())),
    Dialogue("subscription-no-auth", SUBSCRIPTION, ({"type": "what"}, Listen())),
    Dialogue("subscription-older-client", SUBSCRIPTION, (SUBSCRIBE, delayed(1), Listen(), ACK), subprotocols=()),
    channel("ready", hello(), Listen()),
    channel("ready-with-all", hello(**CLEANS_UP, work_queue_names=["default", "default"]), Listen()),
    channel("ready-asked-twice", hello(requested_capabilities=[*NEEDED, *NEEDED, "x", "x"]), Listen()),
    channel("asks-for-no-places", hello(**CLEANS_UP, max_cleanup_concurrency=0), Listen()),
    channel(
        "makes-its-pool",
        hello(create_pool_if_not_found=True, default_base_job_template=TEMPLATE),
        Listen(),
        before=(),
    ),
    channel("gives-its-template", hello(default_base_job_template=TEMPLATE), Listen()),
    channel(
        "invalid-template",
        hello(
            create_pool_if_not_found=True,
            default_base_job_template={
                "job_configuration": {"a": "{{ a }}"},
                "variables": {"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}},
            },
        ),
        Listen(),
        before=(),
    ),
    *(
        channel(
            f"template-of-a-missing-block-{name}", hello(default_base_job_template=REFERRING, **more), Listen(), **how
        )
        for name, more, how in (("new", {"create_pool_if_not_found": True}, {"before": ()}), ("given", {}, {}))
    ),
    channel("no-pool", hello(), Listen(), before=()),
    channel("no-queue", hello(work_queue_names=["x"]), Listen()),
    channel(
        "no-queue-of-a-new-pool", hello(create_pool_if_not_found=True, work_queue_names=["x"]), Listen(), before=()
    ),
    channel("unknown-version", hello(supported_channel_versions=["v9"]), Listen()),
    channel(
        "known-version-among-others", hello(supported_channel_versions=["v9", "work_pool_worker_channel.v1"]), Listen()
    ),
    *(
        channel(f"hello-{name}", hello(**more), Listen())
        for name, more in {
            "lacks-a-capability": {"requested_capabilities": NEEDED[:1]},
            "unknown-field": {"extra": 1},
            "no-name": {"worker_name": ""},
            "no-interval": {"heartbeat_interval_seconds": 0},
            "kinds-unasked": {"handled_cleanup_kinds": ["pending_claim_teardown.v1"]},
            "places-unasked": {"max_cleanup_concurrency": 1},
            "unknown-kind": {**CLEANS_UP, "handled_cleanup_kinds": ["x.v1"]},
        }.items()
    ),
    channel("not-hello", heartbeat(), Listen()),
    channel("not-json", "{", Listen()),
    channel("not-an-object", ["x"], Listen()),
    channel("frame-without-id", {"type": "worker.hello.v1", "payload": {}}, Listen()),
    channel("hello-twice", hello(), Listen(), hello(), Listen()),
    channel("another-workers-heartbeat", hello(), Listen(), heartbeat(worker_name="other"), Listen()),
    channel("another-consumers-heartbeat", hello(), Listen(), heartbeat(consumer_id=str(uuid.uuid4())), Listen()),
    channel("settles-unasked", hello(), Listen(), TOLD_TWICE, Listen()),
    *(
        channel(
            f"{kind}s-what-is-not-there",
            hello(**CLEANS_UP),
            Listen(),
            frame(f"cleanup.{kind}.v1", message_id=CONSUMER, reservation_token="x", **more),
            Listen(),
        )
        for kind, more in (("ack", {}), ("renew", {}), ("release", {"reason": "r"}))
    ),
    channel(
        "releases-without-reason",
        hello(**CLEANS_UP),
        Listen(),
        frame("cleanup.release.v1", message_id=CONSUMER, reservation_token="x"),
        Listen(),
    ),
    channel(
        "news",
        hello(),
        Listen(),
        Request("PATCH", f"/work_pools/{POOL}", {"concurrency_limit": 2}),
        Listen(),
        Request("PATCH", f"/work_pools/{POOL}", {"description": "d"}),
        heartbeat(),
        Listen(),
        Request("DELETE", f"/work_pools/{POOL}"),
        Listen(),
    ),
    subscription("not-subscribe", {"type": "what"}, Listen()),
    subscription("no-keys", {"type": "subscribe"}, Listen()),
    subscription("empty-keys", {"type": "subscribe", "keys": [], "client_id": "x"}, Listen()),
    subscription("no-client", {"type": "subscribe", "keys": [KEY]}, Listen()),
    subscription("one-after-the-other", SUBSCRIBE, delayed(1), delayed(2), Listen(), ACK, Listen(), ACK),
    subscription("waits-for-the-word", SUBSCRIBE, delayed(1), delayed(2), Listen(), Listen(nothing=True)),
    subscription("quits", SUBSCRIBE, delayed(1), Listen(), {"type": "quit"}, Listen()),
)
"""In turn: what is sent, what is asked for beside it, and when to listen."""


class Side:
    """A dialogue with one server."""

    def __init__(self, api: str, dialogue: Dialogue) -> None:
        """Names of its own, so that dialogues do not meet."""
        self.api = api
        self.dialogue = dialogue
        self.names = {POOL: f"twin-{uuid.uuid4().hex[:8]}", KEY: f"twin.{uuid.uuid4().hex[:8]}"}
        self.heard: list[Any] = []

    def named(self, text: str) -> str:
        """The text with the names filled in."""
        for name, value in self.names.items():
            text = text.replace(name, value)
        return text

    async def run(self) -> list[Any]:
        """Everything that was heard."""
        url = self.named(self.api.replace("http", "ws", 1) + self.dialogue.path)
        async with httpx.AsyncClient(base_url=self.api, timeout=60, trust_env=False) as http:
            for request in self.dialogue.before:
                await self._ask(http, request)
            try:
                offered = [Subprotocol(name) for name in self.dialogue.subprotocols]
                async with connect(url, subprotocols=offered or None, proxy=None) as socket:
                    self.heard.append(socket.subprotocol)
                    for step in self.dialogue.steps:
                        await self._take(step, socket, http)
            except InvalidStatus as refused:
                self.heard.append(refused.response.status_code)
            except ConnectionClosed as closed:
                self.heard.append((closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else None)
        return self.heard

    async def _take(self, step: Step, socket: ClientConnection, http: httpx.AsyncClient) -> None:
        if isinstance(step, Request):
            await self._ask(http, step)
        elif isinstance(step, Listen):
            try:
                message = await asyncio.wait_for(socket.recv(), SILENCE if step.nothing else PATIENCE)
            except TimeoutError:
                self.heard.append("silence")
            else:
                self.heard.append(self._comparable(json.loads(message)))
        else:
            await socket.send(self.named(step if isinstance(step, str) else json.dumps(step)))

    async def _ask(self, http: httpx.AsyncClient, request: Request) -> None:
        body = None if request.body is None else json.loads(self.named(json.dumps(request.body)))
        answer = await http.request(request.method, self.named(request.path), json=body)
        assert answer.is_success, answer.text

    def _comparable(self, message: Any) -> Any:
        """The message without what is each server's own: ids, names and times."""
        text = json.dumps(message, sort_keys=True)
        for name, value in self.names.items():
            text = text.replace(value, name)
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text.replace(CONSUMER, "CONSUMER"))
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
        return json.loads(re.sub(r'("estimated_start_time_delta": )[\d.]+', r"\1 0", text))


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name)
def test_dialogue(dialogue: Dialogue, locum_api: str, peer_api: str) -> None:
    """Both servers say the same, and close with the same word."""
    sides = [Side(locum_api, dialogue), Side(peer_api, dialogue)]
    with ThreadPoolExecutor(2) as threads:
        ours, theirs = threads.map(lambda side: asyncio.run(side.run()), sides)
    assert ours == theirs

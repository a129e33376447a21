"""How a websocket ends, whatever its handler does."""

import logging
from collections.abc import MutableMapping
from typing import Any, cast

import pytest
from starlette.websockets import WebSocket

from locum.domain.clock import now
from locum.infra.web import Application, Call, Services, Socket

Message = MutableMapping[str, Any]


async def refusing(websocket: WebSocket, call: Call) -> None:
    await websocket.accept()
    await websocket.close(1002)


async def broken(websocket: WebSocket, call: Call) -> None:
    await websocket.accept()
    raise RuntimeError("a bug")


async def talk(handler: Any, *, goes_away: bool = False) -> list[Message]:
    """What a client is sent that connects and says nothing; it may be gone when the handler closes."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        if goes_away and message["type"] != "websocket.accept":
            raise OSError("the client has gone")
        said.append(message)

    application = Application((), [Socket("/s", handler)], Services(db=cast("Any", None), settings=None, clock=now))
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/api/s",
        "headers": [],
        "query_string": b"",
        "subprotocols": [],
    }
    await application(scope, receive, send)
    return said


async def test_a_client_that_has_gone_is_no_failure(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        assert [message["type"] for message in await talk(refusing, goes_away=True)] == ["websocket.accept"]
    assert caplog.records == []


@pytest.mark.parametrize("goes_away", [False, True])
async def test_a_bug_is_logged_and_the_client_comes_again(caplog: pytest.LogCaptureFixture, *, goes_away: bool):
    with caplog.at_level(logging.WARNING):
        said = await talk(broken, goes_away=goes_away)
    assert [message.get("code") for message in said[1:]] == ([] if goes_away else [1012])
    assert [record.getMessage() for record in caplog.records] == ["websocket failed: /s"]

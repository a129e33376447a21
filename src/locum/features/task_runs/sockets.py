"""The websocket that hands background task runs to those who serve their tasks."""

import asyncio
from typing import Any, cast

from starlette.websockets import WebSocket, WebSocketDisconnect

from locum.domain.errors import Unavailable
from locum.features.task_workers.handing import Handout, Taker
from locum.infra.web import Call, Socket
from locum.infra.web.inbox import TRY_AGAIN_LATER, accept_client, receive_object

_VIOLATION = 4001
_MOST_KEYS, _LONGEST_NAME = 1000, 1000
"""How many keys, and how many bytes of each: all are asked for at every look, which serves all clients."""


async def scheduled_task_subscription(websocket: WebSocket, call: Call) -> None:
    """Send scheduled runs of the tasks that the client names: the next when it has confirmed the last."""
    if not await accept_client(websocket, call):
        return
    try:
        asked = await _asked(websocket)
        if asked is None:
            return
        handout: Handout = call.services.hubs["task_runs"]
        async with handout.joined(*asked) as taker:
            await _hand_out(websocket, handout, taker)
    except Unavailable:
        await websocket.close(TRY_AGAIN_LATER, reason="The database is not available.")
    except (WebSocketDisconnect, OSError):
        return


async def _asked(websocket: WebSocket) -> tuple[str, list[str]] | None:
    """Who the client is and which tasks it serves; None where it did not say, and was sent away."""
    message = await receive_object(websocket)
    if message.get("type") != "subscribe":
        return await _sent_away(websocket, "expected 'subscribe' message")
    keys = message.get("keys")
    if not _are_keys(keys):
        return await _sent_away(websocket, "expected 'keys' in subscribe message")
    client_id = message.get("client_id")
    if not _is_name(client_id):
        return await _sent_away(websocket, "expected 'client_id' in subscribe message")
    return cast("str", client_id), cast("list[str]", keys)


async def _hand_out(websocket: WebSocket, handout: Handout, taker: Taker) -> None:
    message = asyncio.create_task(receive_object(websocket))
    try:
        while True:
            handed = asyncio.create_task(handout.next(taker))
            try:
                # While nothing is sent the client has nothing to say; it is heard because it may go.
                while not handed.done():
                    await asyncio.wait((message, handed), return_when=asyncio.FIRST_COMPLETED)
                    if message.done():
                        message.result()
                        message = asyncio.create_task(receive_object(websocket))
                run = handed.result()
            finally:
                handed.cancel()
            await websocket.send_text(run)
            if not await _confirmed(websocket, await message):
                return
            await handout.confirm(taker)
            message = asyncio.create_task(receive_object(websocket))
    finally:
        message.cancel()


async def _confirmed(websocket: WebSocket, answer: dict[str, Any]) -> bool:
    """Whether the client has the run; else it was sent away, and the run stays on offer."""
    if answer.get("type") == "quit":
        await websocket.close()
        return False
    if answer.get("type") != "ack":
        await _sent_away(websocket, "expected 'ack' message")
        return False
    return True


async def _sent_away(websocket: WebSocket, reason: str) -> None:
    await websocket.close(_VIOLATION, reason=f"Protocol violation: {reason}")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.encode()) <= _LONGEST_NAME and "\0" not in value


def _are_keys(value: object) -> bool:
    keys = cast("list[object]", value) if isinstance(value, list) else []
    return 0 < len(keys) <= _MOST_KEYS and all(map(_is_name, keys))


SOCKETS = (Socket("/task_runs/subscriptions/scheduled", scheduled_task_subscription, subprotocols=("prefect",)),)

"""The websocket that streams logs out."""

import asyncio

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from locum.features.logs.tail import Listener, LogTail, TooSlow, line_message
from locum.filters.logs import LogFilter
from locum.infra.web import Call, Socket
from locum.infra.web.inbox import PROTOCOL_ERROR, TRY_AGAIN_LATER, accept_client, receive_object


async def stream_logs_out(websocket: WebSocket, call: Call) -> None:
    """Send the lines that the client's filter lets through, from now on."""
    if not await accept_client(websocket, call):
        return
    try:
        wanted = await _wanted(websocket)
        if wanted is None:
            return
        logs = call.settings.logs
        if not (logs.stream_out_enabled and logs.stream_publishing_enabled):
            # Silence, as in the peer: a client whose socket is closed comes again at once.
            await _until_gone(websocket)
            return
        tail: LogTail = call.services.hubs["logs"]
        async with tail.listen(wanted) as listener:
            await _stream(websocket, listener)
    except (WebSocketDisconnect, OSError):
        return


async def _wanted(websocket: WebSocket) -> LogFilter | None:
    """What the client wants to hear; None where it did not say, and was sent away."""
    message = await receive_object(websocket)
    if message.get("type") != "filter":
        await websocket.close(PROTOCOL_ERROR, reason="Expected 'filter' message")
        return None
    try:
        return LogFilter.model_validate(message.get("filter"))
    except ValidationError as error:
        await websocket.close(PROTOCOL_ERROR, reason=f"Invalid filter: {error.errors()[0]['msg']}"[:120])
        return None


async def _stream(websocket: WebSocket, listener: Listener) -> None:
    """Send lines until the client goes, or falls too far behind."""
    gone = asyncio.create_task(_until_gone(websocket))
    sending = asyncio.create_task(_send(websocket, listener))
    try:
        await asyncio.wait((gone, sending), return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
    except TooSlow:
        await websocket.close(TRY_AGAIN_LATER, reason="Lines come faster than they are taken")
    finally:
        gone.cancel()
        sending.cancel()
        await asyncio.gather(gone, sending, return_exceptions=True)


async def _send(websocket: WebSocket, listener: Listener) -> None:
    async for line in listener:
        await websocket.send_text(line_message(line))


async def _until_gone(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


SOCKETS = (Socket("/logs/out", stream_logs_out, subprotocols=("prefect",)),)

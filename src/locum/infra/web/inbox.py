"""Accepts the websockets of Prefect's clients, and reads them by the batch."""

import hmac
import logging
from typing import Any, Protocol, cast

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from locum.infra.web.call import Call

logger = logging.getLogger("locum.web")

INBOX = "locum.inbox"
"""The extension of the ASGI scope under which the server offers an `Inbox`."""

PROTOCOL_ERROR = 1002
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013

_SUBPROTOCOL = "prefect"


class Inbox(Protocol):
    """Reads a socket by the batch."""

    def be_patient(self) -> None:
        """Answer a ping no earlier than what came before it was dealt with."""
        ...

    async def batch(self, most: int, seconds: float) -> list[str | bytes]:
        """The next messages, waiting so many seconds for company after the first; none once the client is gone.

        Asking says that the messages of the last batch are dealt with.
        """
        ...


class _PlainInbox:
    """Reads a socket of a server that offers no inbox: message by message."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    def be_patient(self) -> None:
        """Do nothing: such a server answers pings as it likes."""

    async def batch(self, most: int, seconds: float) -> list[str | bytes]:
        """One message, or none once the client is gone."""
        message = await self._websocket.receive()
        if message["type"] != "websocket.receive":
            return []
        text: str | None = message.get("text")
        return [cast("bytes", message["bytes"]) if text is None else text]


def inbox_of(websocket: WebSocket) -> Inbox:
    """The socket's inbox, patient from now on; to be taken before the socket is accepted."""
    offered: Inbox | None = websocket.scope.get("extensions", {}).get(INBOX)
    inbox = offered or _PlainInbox(websocket)
    inbox.be_patient()
    return inbox


async def accept_client(websocket: WebSocket, call: Call, *, only_reason: str | None = None) -> bool:
    """Accept a client and hear who it is; False where it was turned away or has gone.

    A client that speaks the subprotocol says its token first. One that does not is older, and is let in only where no
    token is asked for; not at all where there is but one reason (`only_reason`) that clients are told.
    """
    secret = call.settings.api.auth_string
    auth_string: str | None = secret.get_secret_value() if secret else None
    if _SUBPROTOCOL not in websocket.scope["subprotocols"]:
        if auth_string or only_reason:
            await websocket.close(POLICY_VIOLATION if only_reason else PROTOCOL_ERROR)
            return False
        await websocket.accept()
        return True
    await websocket.accept(subprotocol=_SUBPROTOCOL)
    try:
        message = await receive_object(websocket)
        reason = _refusal(message, auth_string)
        if reason is not None:
            logger.warning("a websocket was turned away", extra={"reason": reason})
            await websocket.close(POLICY_VIOLATION, reason=only_reason or reason)
            return False
        await websocket.send_text('{"type":"auth_success"}')
    except (WebSocketDisconnect, OSError):
        return False
    return True


async def receive_object(websocket: WebSocket) -> dict[str, Any]:
    """The next message as a JSON object; an empty one where it is none. Raises WebSocketDisconnect."""
    message = await websocket.receive()
    if message["type"] != "websocket.receive":
        raise WebSocketDisconnect(message.get("code", 1005), message.get("reason"))
    text: str | None = message.get("text")
    try:
        value = orjson.loads(cast("bytes", message.get("bytes")) if text is None else text)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _refusal(message: dict[str, Any], auth_string: str | None) -> str | None:
    if message.get("type") != "auth":
        return "Expected 'auth' message"
    if not auth_string:
        return None
    token = message.get("token")
    if not token or not isinstance(token, str):
        return "Auth required but no token provided"
    return None if hmac.compare_digest(token.encode(), auth_string.encode()) else "Invalid token"

"""uvicorn's websockets, with pongs that mean something: a ping is answered once all that came before it is dealt with.

A client of events takes the pong as the word that everything it has sent is safe, so none may go out before the
messages in front of its ping are committed. Messages are handed out in batches: asking for the next batch says that
the one before is dealt with, and until then nothing more is read from the connection.
"""

import asyncio
from collections import deque
from typing import Any, cast

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from locum.infra.web.inbox import INBOX

_PING = "locum.ping"


class _PatientServer(ServerProtocol):
    """The protocol of the server's side without its habit of answering pings at once."""

    pings: deque[bytes]

    @override
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PING:
            self.pings.append(bytes(frame.data))
            self.events.append(frame)
        else:
            super().recv_frame(frame)


class PatientWebSocket(WebSocketsSansIOProtocol):
    """One websocket connection; also the `Inbox` of an application that asks for it."""

    @override
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        plain = self.conn
        conn = _PatientServer(
            extensions=plain.available_extensions, max_size=self.config.ws_max_size, logger=plain.logger
        )
        conn.pings = deque()
        self.conn = self._patient = conn
        self._patience = False
        self._unanswered: deque[bytes] = deque()
        self._gone = False
        self._farewell = False

    @override
    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            # The application runs no earlier than the next turn of the event loop.
            cast("dict[str, Any]", self.scope)["extensions"][INBOX] = self

    @override
    def handle_ping(self) -> None:
        payload = self._patient.pings.popleft()
        if not self._patience or self.close_sent:
            self._answer(payload)  # after a close nobody reads the line that it would wait in
            return
        self.queue.put_nowait(cast("Any", {"type": _PING, "payload": payload}))
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    @override
    def handle_close(self, event: Frame) -> None:
        close = self.conn.close_rcvd
        if not self._patience or self.close_sent or close is None:
            super().handle_close(event)
            return
        # The client learns that it is closed when all that it sent is dealt with.
        self._farewell = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})

    @override
    async def receive(self) -> Any:
        while True:
            message = cast("dict[str, Any]", await super().receive())
            if message["type"] == "websocket.disconnect":
                self._say_farewell()
            if message["type"] != _PING:
                return message
            self._answer(message["payload"])

    def be_patient(self) -> None:
        """From now on a ping is answered in its turn only."""
        self._patience = True

    async def batch(self, most: int, seconds: float) -> list[str | bytes]:
        """See `Inbox`."""
        while self._unanswered:
            self._answer(self._unanswered.popleft())
        if self._gone:
            self._say_farewell()
            return []
        messages: list[str | bytes] = []
        self._take(await self.receive(), messages)
        self._drain(messages, most)
        if len(messages) * 8 < most and seconds and not self._unanswered and not self._gone:
            await asyncio.sleep(seconds)
            self._drain(messages, most)
        return messages

    def _drain(self, messages: list[str | bytes], most: int) -> None:
        while not self._gone and len(messages) < most and not self.queue.empty():
            self._take(cast("dict[str, Any]", self.queue.get_nowait()), messages)
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self.transport.resume_reading()

    def _take(self, message: dict[str, Any], messages: list[str | bytes]) -> None:
        if message["type"] == _PING:
            self._unanswered.append(message["payload"])
        elif message["type"] == "websocket.receive":
            text: str | None = message.get("text")
            messages.append(cast("bytes", message.get("bytes")) if text is None else text)
        else:
            self._gone = True

    def _say_farewell(self) -> None:
        if self._farewell and not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def _answer(self, payload: bytes) -> None:
        if self.transport.is_closing():
            return
        try:
            self.conn.send_pong(payload)
        except InvalidState:
            return
        self.transport.write(b"".join(self.conn.data_to_send()))

"""The websockets of events: what clients send in, and what they listen to."""

import asyncio
import logging
from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter, ValidationError
from starlette.websockets import WebSocket

from locum.domain.errors import Unavailable
from locum.features.events.hub import EventHub
from locum.features.events.schemas import Event
from locum.infra.web import Call, Socket
from locum.infra.web.body import without_nul
from locum.infra.web.inbox import TRY_AGAIN_LATER, accept_client, inbox_of

logger = logging.getLogger("locum.events")

_MOST = 500
_PATIENCE = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts to write while the database is away; then the client is sent away, to come again."""

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


async def stream_events_in(websocket: WebSocket, call: Call) -> None:
    """Take events in, reading no faster than they are committed."""
    inbox = inbox_of(websocket)
    if not await accept_client(websocket, call):
        return
    hub: EventHub = call.services.hubs["events"]
    gather = call.settings.events.gather_seconds
    while messages := await inbox.batch(_MOST, gather):
        try:
            await _accept(hub, list(_events(messages)))
        except Unavailable:
            await websocket.close(TRY_AGAIN_LATER, reason="The database is not available.")
            return


async def _accept(hub: EventHub, events: Sequence[Event]) -> None:
    for pause in _PATIENCE:
        try:
            await hub.intake.accept_each(events)
        except Unavailable:
            await asyncio.sleep(pause)
        else:
            return
    await hub.intake.accept_each(events)


def _events(messages: Sequence[str | bytes]) -> Iterator[Event]:
    for message in messages:
        raw = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        try:
            yield _EVENT.validate_json(without_nul(raw, strip=True))
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            logger.warning("a message on the events socket was not understood", extra={"problems": problems[:3]})


SOCKETS: tuple[Socket, ...] = (Socket("/events/in", stream_events_in, subprotocols=("prefect",)),)

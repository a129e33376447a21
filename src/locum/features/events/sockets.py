"""The websockets of events: what clients send in, and what they listen to."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from locum.domain.errors import Unavailable
from locum.features.events.following import TooSlow
from locum.features.events.hub import EventHub
from locum.features.events.schemas import Event
from locum.features.events.store import reading
from locum.features.events.store.reading import Position
from locum.filters.events import EventFilter, EventOrder
from locum.infra.settings import Settings
from locum.infra.web import Call, Socket
from locum.infra.web.body import without_nul
from locum.infra.web.inbox import PROTOCOL_ERROR, TRY_AGAIN_LATER, accept_client, inbox_of, receive_object

logger = logging.getLogger("locum.events")

_MOST = 500
_PATIENCE = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts to write while the database is away; then the client is sent away, to come again."""

_REASON_AT_MOST = 120
"""A close frame holds 123 bytes of reason."""

_FILTER_AT_MOST = 65_536
"""How many bytes of JSON a filter may have, as one that leads from page to page: every event is held against it."""

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
            await _accept(hub, list(_events(messages, call.settings)))
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


def _events(messages: Sequence[str | bytes], settings: Settings) -> Iterator[Event]:
    for message in messages:
        raw = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        if len(raw) > settings.events.maximum_size_bytes:
            logger.warning("an event was too large", extra={"size": len(raw)})
            continue
        try:
            yield _EVENT.validate_json(without_nul(raw, strip=True), context=settings)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            logger.warning("a message on the events socket was not understood", extra={"problems": problems[:3]})


async def stream_workspace_events_out(websocket: WebSocket, call: Call) -> None:
    """Tell a client of events as they are appended, after those that it missed if it asks for them."""
    if not await accept_client(websocket, call):
        return
    try:
        message = await receive_object(websocket)
        if message.get("type") != "filter":
            await websocket.close(PROTOCOL_ERROR, reason="Expected 'filter' message")
            return
        if _is_too_much(message.get("filter")):
            await websocket.close(PROTOCOL_ERROR, reason="Invalid filter: it names too much")
            return
        wanted = _wanted(message, call)
    except ValidationError as error:
        await websocket.close(PROTOCOL_ERROR, reason=f"Invalid filter: {error}"[:_REASON_AT_MOST])
        return
    except (WebSocketDisconnect, OSError):
        return
    telling = asyncio.create_task(_tell(websocket, call, wanted, backfill=bool(message.get("backfill", True))))
    listening = asyncio.create_task(_gone(websocket))
    try:
        await asyncio.wait({telling, listening}, return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            await _end(websocket, telling)
    finally:
        listening.cancel()
        telling.cancel()
        await asyncio.gather(telling, listening, return_exceptions=True)


def _is_too_much(asked: Any) -> bool:
    try:
        return len(orjson.dumps(asked)) > _FILTER_AT_MOST
    except orjson.JSONEncodeError:  # it is nested beyond what can be written
        return True


def _wanted(message: dict[str, Any], call: Call) -> EventFilter:
    wanted = EventFilter.model_validate(message.get("filter"))
    wanted.occurred.since = max(wanted.occurred.since, call.now - call.settings.events.maximum_websocket_backfill)
    wanted.order = EventOrder.ASC
    return wanted


async def _tell(websocket: WebSocket, call: Call, wanted: EventFilter, *, backfill: bool) -> None:
    if not call.settings.events.stream_out_enabled:
        if backfill:
            await _tell_missed(websocket, call, wanted, await reading.end(call.services.db))
        # Silence, as in the peer: a client whose socket is closed comes again at once.
        await asyncio.Event().wait()
    hub: EventHub = call.services.hubs["events"]
    async with hub.follower.subscribed(wanted) as subscription:
        if backfill:
            await _tell_missed(websocket, call, wanted, subscription.start)
        while True:
            await _send(websocket, await subscription.next())


async def _tell_missed(websocket: WebSocket, call: Call, wanted: EventFilter, last: Position) -> None:
    """Tell of the events up to a place in the log."""
    size: int = call.settings.events.websocket_backfill_page_size
    seen = None
    while rows := await reading.until(call.services.db, wanted, last, seen, size):
        for row in rows:
            await _send(websocket, row["json"])
        seen = rows[-1]["occurred"], rows[-1]["id"]


async def _send(websocket: WebSocket, event: str) -> None:
    await websocket.send_text(f'{{"type":"event","event":{event}}}')


async def _gone(websocket: WebSocket) -> None:
    """Return once the client has gone; what it says meanwhile means nothing."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _end(websocket: WebSocket, telling: asyncio.Task[None]) -> None:
    try:
        telling.result()
    except TooSlow:
        await websocket.close(TRY_AGAIN_LATER, reason="Too many events were waiting.")
    except Unavailable:
        await websocket.close(TRY_AGAIN_LATER, reason="The database is not available.")
    except (WebSocketDisconnect, OSError):
        return


SOCKETS: tuple[Socket, ...] = (
    Socket("/events/in", stream_events_in, subprotocols=("prefect",)),
    Socket("/events/out", stream_workspace_events_out, subprotocols=("prefect",)),
)

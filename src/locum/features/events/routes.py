"""HTTP operations of events."""

from typing import Annotated

from pydantic import Field

from locum.domain.errors import TooLarge
from locum.features.events import counting, pages
from locum.features.events.hub import EventHub
from locum.features.events.pages import PAGE_SIZE
from locum.features.events.schemas import Countable, Event, EventCount, EventPage, TimeUnit
from locum.filters.events import EventFilter
from locum.infra.db import Db
from locum.infra.web import Answer, Call, Embedded, Operation, Query, reply_json

_TAG = "Events"


class FilterEventsBody(Embedded):
    """Which events are wanted, and how many at a time."""

    filter: EventFilter | None = Field(default=None, description="What to ask of the events")
    limit: int = Field(default=PAGE_SIZE, ge=0, le=PAGE_SIZE, description="How many events a page is to have")


class CountEventsBody(Embedded):
    """Which events to count, and how long an interval is."""

    filter: EventFilter = Field(description="What to ask of the events")
    time_unit: TimeUnit = Field(default=TimeUnit.day, description="The unit of intervals")
    time_interval: float = Field(default=1.0, ge=0.01, description="How many units an interval is long")


async def create_events(call: Call, body: list[Event]) -> Answer:
    """Take events in."""
    largest: int = call.settings.events.maximum_size_bytes
    for event in body:
        if len(event.model_dump_json().encode()) > largest:
            raise TooLarge(f"Event {event.id} is larger than {largest} bytes.")
    hub: EventHub = call.services.hubs["events"]
    await hub.intake.accept(body)


async def read_events(db: Db, call: Call, body: FilterEventsBody) -> Answer:
    """Read the first page of the events that the filter lets through."""
    hub: EventHub = call.services.hubs["events"]
    return await pages.first(db, hub.page_tokens, body.filter or EventFilter(), body.limit, call)


async def read_account_events_page(
    db: Db, call: Call, page_token: Annotated[str, Query("What a page before gave as the next", alias="page-token")]
) -> Answer:
    """Read the next page."""
    hub: EventHub = call.services.hubs["events"]
    return await pages.following(db, hub.page_tokens, page_token, call)


async def count_account_events(db: Db, call: Call, countable: Countable, body: CountEventsBody) -> Answer:
    """Count the events that the filter lets through by interval, name or resource."""
    counts = await counting.count(db, body.filter, countable, body.time_unit, body.time_interval, call.now)
    return reply_json([one.model_dump() for one in counts])


OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/events", create_events, _TAG, status=204, keeps_nul=True),
    Operation("POST", "/events/filter", read_events, _TAG, returns=EventPage),
    Operation("POST", "/events/count-by/{countable}", count_account_events, _TAG, returns=list[EventCount]),
    Operation("GET", "/events/filter/next", read_account_events_page, _TAG, returns=EventPage),
)

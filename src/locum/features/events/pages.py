"""Pages of events, and the tokens that lead from one to the next."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from locum.domain.errors import Forbidden
from locum.features.events.store import reading
from locum.filters.events import EventFilter
from locum.infra.db import Db
from locum.infra.web import Call

PAGE_SIZE = 50
"""How many events a page has at most."""


class _Token(BaseModel):
    """Where a page begins."""

    filter: EventFilter
    count: Annotated[int, Field(ge=0)]
    page_size: Annotated[int, Field(ge=0, le=PAGE_SIZE)]
    offset: Annotated[int, Field(ge=0, le=reading.COUNTED_AT_MOST)]


async def first(db: Db, wanted: EventFilter, limit: int, call: Call) -> bytes:
    """The first page."""
    found = await reading.page(db, wanted, limit, 0)
    count = await reading.count(db, wanted)
    return _page(found, count, _next(wanted, count, limit, 0), call)


async def following(db: Db, token: str, call: Call) -> bytes:
    """The page that a token leads to. Raises Forbidden for a token that was not made here."""
    try:
        place = _Token.model_validate_json(urlsafe_b64decode(token))
    except (Base64Error, ValueError, ValidationError) as error:
        msg = "Forbidden"
        raise Forbidden(msg) from error
    found = await reading.page(db, place.filter, place.page_size, place.offset)
    return _page(found, place.count, _next(place.filter, place.count, place.page_size, place.offset), call)


def _next(wanted: EventFilter, count: int, size: int, offset: int) -> str | None:
    if offset + size >= count:
        return None
    place = _Token.model_construct(filter=wanted, count=count, page_size=size, offset=offset + size)
    return urlsafe_b64encode(place.model_dump_json().encode()).decode()


def _page(events: bytes, count: int, token: str | None, call: Call) -> bytes:
    link = "null" if token is None else f'"{_address(call)}/events/filter/next?page-token={token}"'
    return b'{"events":' + events + f',"total":{count},"next_page":{link}}}'.encode()


def _address(call: Call) -> str:
    """The address of the API as the client reached it."""
    host = (call.header(b"host") or b"localhost").decode("latin-1")
    root = (call.settings.api.base_path or "").rstrip("/")
    scheme: str = call.scope.get("scheme", "http")
    return f"{scheme}://{host}{root}/api"

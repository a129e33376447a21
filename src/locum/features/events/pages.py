"""Pages of events, and the tokens that lead from one to the next."""

import zlib
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from locum.domain.errors import Forbidden
from locum.features.events.store import reading
from locum.filters.events import EventFilter
from locum.infra.db import Db
from locum.infra.keys import Keys
from locum.infra.signer import Forged, Signer
from locum.infra.web import Call

PAGE_SIZE = 50
"""How many events a page has at most."""

_PURPOSE = "event page 1"
"""The number is that of the form of `Place`."""

_TOKEN_AT_MOST = 65_536
"""As long as the URLs that clients send."""


class Place(BaseModel):
    """Where a page begins, and in what."""

    filter: EventFilter
    count: Annotated[int, Field(ge=0)]
    page_size: Annotated[int, Field(ge=0, le=PAGE_SIZE)]
    offset: Annotated[int, Field(ge=0, le=reading.COUNTED_AT_MOST)]


class PageTokens:
    """Places as text that clients hand back, signed: they say what is asked for, and what that is was checked once."""

    def __init__(self, keys: Keys) -> None:
        """`keys` are the server's own."""
        self._signer = Signer(keys, _PURPOSE)

    def make(self, place: Place) -> str:
        """The token of a place."""
        return self._signer.sign(zlib.compress(place.model_dump_json().encode()))

    def read(self, token: str) -> Place:
        """The place of a token. Raises Forbidden for one that no server with these keys has made."""
        if len(token) > _TOKEN_AT_MOST:
            raise Forbidden("The page token is too long: its filter names too much to be asked for by pages.")
        try:
            return Place.model_validate_json(zlib.decompress(self._signer.content(token)))
        except (Forged, ValidationError) as error:
            raise Forbidden("The page token was not made by this server. Ask for the first page again.") from error


async def first(db: Db, tokens: PageTokens, wanted: EventFilter, limit: int, call: Call) -> bytes:
    """The first page."""
    count = await reading.count(db, wanted)
    return await _page(db, tokens, Place.model_construct(filter=wanted, count=count, page_size=limit, offset=0), call)


async def following(db: Db, tokens: PageTokens, token: str, call: Call) -> bytes:
    """The page that a token leads to. Raises Forbidden for a token that was not made here."""
    return await _page(db, tokens, tokens.read(token), call)


async def _page(db: Db, tokens: PageTokens, place: Place, call: Call) -> bytes:
    events = await reading.page(db, place.filter, place.page_size, place.offset)
    behind = place.offset + place.page_size
    link = "null"
    if behind < place.count:
        token = tokens.make(place.model_copy(update={"offset": behind}))
        link = f'"{_address(call)}/events/filter/next?page-token={token}"'
    return b'{"events":' + events + f',"total":{place.count},"next_page":{link}}}'.encode()


def _address(call: Call) -> str:
    """The address of the API as the client reached it."""
    host = (call.header(b"host") or b"localhost").decode("latin-1")
    root = (call.settings.api.base_path or "").rstrip("/")
    scheme: str = call.scope.get("scheme", "http")
    return f"{scheme}://{host}{root}/api"

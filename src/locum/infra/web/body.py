"""Reads request bodies and writes response bodies: size limit, NUL characters, compression, pieces."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from typing import Any

from isal import isal_zlib

from locum.domain.errors import BadRequest, TooLarge
from locum.infra.web.bodies import RequestInvalid

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_GZIP_WINDOW = 31
_DIGITS = 18
_DRAINED = 4
"""A body up to so many times the limit is read to its end, so that the client reads the answer and not a reset."""
_LONG = 32 * 1024


class Disconnected(Exception):
    """The client went away before its request was complete."""


async def read_body(receive: Receive, length: bytes | None, limit: int) -> bytes:
    """The whole body. Raises TooLarge over `limit` bytes, BadRequest for a content length that is no number."""
    if length is not None and not length.isdigit():
        msg = "The content length is not a number."
        raise BadRequest(msg)
    # a length of thousands of digits would be costly to read, and is too large anyway
    announced = 0 if length is None else int(length) if len(length) <= _DIGITS else _DRAINED * limit + 1
    parts: list[bytes] = []
    size = 0
    while announced <= _DRAINED * limit and size <= _DRAINED * limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        if not message.get("more_body", False):
            break
    if announced > limit or size > limit:
        msg = f"The body has more than the {limit} bytes allowed."
        raise TooLarge(msg)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def without_nul(body: bytes, *, strip: bool) -> bytes:
    r"""The body with no `\u0000` in it, which PostgreSQL cannot store: stripped, or else refused."""
    if b"\\u0000" not in body or not _NUL.search(body):
        return body
    if not strip:
        msg = "Value error, the body contains a NUL character, which cannot be stored"
        raise RequestInvalid([{"type": "value_error", "loc": ["body"], "msg": msg, "input": None}])
    return _NUL.sub(rb"\1", body)


def compress(body: bytes) -> bytes:
    """The body as gzip, at the level that costs least for its size."""
    return isal_zlib.compress(body, 0 if len(body) < _LONG else 1, _GZIP_WINDOW)  # pyright: ignore[reportUnknownMemberType]


async def send_pieces(pieces: AsyncGenerator[bytes], receive: Receive, send: Send, *, gzip: bool) -> None:
    """Send a body piece by piece; the next is asked for when the client has taken the last, and not once it has gone.

    Where `pieces` fails the body is left without its end, so that the client knows that it has not got the whole.
    """
    packer: Any = isal_zlib.compressobj(1, wbits=_GZIP_WINDOW) if gzip else None  # pyright: ignore[reportUnknownMemberType]
    gone = asyncio.create_task(_disconnected(receive))
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                if gone.done():
                    return
                packed = piece if packer is None else packer.compress(piece)
                if packed:
                    await send({"type": "http.response.body", "body": packed, "more_body": True})
        await send({"type": "http.response.body", "body": b"" if packer is None else packer.flush()})
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

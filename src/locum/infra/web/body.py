"""Reads request bodies and writes response bodies: size limit, NUL characters, compression."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from isal import isal_zlib

from locum.domain.errors import BadRequest, Invalid, TooLarge

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_GZIP_WINDOW = 31


class Disconnected(Exception):
    """The client went away before its request was complete."""


async def read_body(receive: Receive, headers: list[tuple[bytes, bytes]], limit: int) -> bytes:
    """The whole body. Raises TooLarge over `limit` bytes, BadRequest for a content length that is no number."""
    for name, value in headers:
        if name == b"content-length":
            if not value.isdigit():
                msg = "The content length is not a number."
                raise BadRequest(msg)
            _check(int(value), limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part: bytes = message.get("body", b"")
        size += len(part)
        _check(size, limit)
        if not message.get("more_body", False):
            return part if not parts else b"".join([*parts, part])
        parts.append(part)


def _check(size: int, limit: int) -> None:
    if size > limit:
        msg = f"The body has more than the {limit} bytes allowed."
        raise TooLarge(msg)


def without_nul(body: bytes, *, strip: bool) -> bytes:
    r"""The body with no `\u0000` in it, which PostgreSQL cannot store: stripped, or else refused with Invalid."""
    if b"\\u0000" not in body or not _NUL.search(body):
        return body
    if not strip:
        msg = "The body contains a NUL character, which cannot be stored."
        raise Invalid(msg)
    return _NUL.sub(rb"\1", body)


def accepts_gzip(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the client takes gzip."""
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in headers)


def compress(body: bytes) -> bytes:
    """The body as gzip, at the level that costs least."""
    return isal_zlib.compress(body, 1, _GZIP_WINDOW)

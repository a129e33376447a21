"""A lean HTTP/1.1 client on asyncio streams: keep-alive, one request at a time, nothing parsed that is not needed."""

import asyncio
import gzip
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import orjson


class UnexpectedAnswerError(Exception):
    """The server answered something else than the workload asked for."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an API lives, and the headers that every request to it carries."""

    host: str
    port: int
    prefix: str
    gzip: bool = False

    @classmethod
    def parse(cls, url: str, *, gzip: bool = False) -> "Address":
        """Read http://host:port/api."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            msg = f"not an http:// address: {url}"
            raise ValueError(msg)
        return cls(parts.hostname, parts.port or 80, parts.path.rstrip("/"), gzip)

    def socket(self, path: str) -> str:
        """The same API's address for a websocket."""
        return f"ws://{self.host}:{self.port}{self.prefix}{path}"


class Connection:
    """One kept-alive connection."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._headers = (
            f"Host: {address.host}:{address.port}\r\nUser-Agent: bench\r\nX-PREFECT-API-VERSION: 0.8.4\r\n"
            f"Accept: application/json\r\n{'Accept-Encoding: gzip' + chr(13) + chr(10) if address.gzip else ''}"
        )

    async def __aenter__(self) -> Self:
        """Connect."""
        self._streams = await asyncio.open_connection(self.address.host, self.address.port, limit=2**24)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body (as sent: still compressed if it came so)."""
        assert self._streams, "use it as a context manager"
        reader, writer = self._streams
        head = f"{method} {self.address.prefix}{path} HTTP/1.1\r\n{self._headers}"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"\r\n" + (body or b""))
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(answer[9:12])
        if b"transfer-encoding: chunked" in answer:
            return status, await _chunks(reader)
        start = answer.find(b"content-length:")
        length = int(answer[start + 15 : answer.index(b"\r\n", start)]) if start >= 0 else 0
        return status, await reader.readexactly(length) if length else b""

    async def raw(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of a 2xx answer; anything else is an error."""
        status, content = await self.request(method, path, body)
        if status >= 300:
            msg = f"{method} {path} answered {status}: {content[:300]!r}"
            raise UnexpectedAnswerError(msg)
        return content

    async def json(self, method: str, path: str, body: object = None) -> Any:
        """The parsed body of a 2xx answer."""
        content = await self.raw(method, path, None if body is None else orjson.dumps(body))
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return orjson.loads(content) if content else None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)

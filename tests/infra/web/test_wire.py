"""What only a real socket shows: framing, lengths, bodies that are refused while they still come."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from uuid import UUID

import pytest

from locum.domain.errors import Unavailable
from locum.features.logs import download
from locum.infra.db import Db
from locum.infra.settings import Settings
from tests.factories.runs import a_flow, a_run
from tests.serving import serving

HEAD = b"POST /api/flows/ HTTP/1.1\r\nHost: locum\r\nContent-Type: application/json\r\n"
MIB = 1024 * 1024


@pytest.fixture
async def port(settings: Settings, db: Db) -> AsyncIterator[int]:
    """Where a server listens."""
    async with serving(settings, db) as port:
        yield port


async def exchange(port: int, *parts: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


async def test_a_chunked_body(port: int):
    chunks = b'5\r\n{"nam\r\n8\r\ne":"ch"}\r\n0\r\n\r\n'
    answer = await exchange(port, HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n", chunks)
    assert answer.startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize("length", [b"abc", b"-5", b"12\r\nContent-Length: 13"])
async def test_a_length_that_is_none(port: int, length: bytes):
    answer = await exchange(port, HEAD + b"Content-Length: " + length + b'\r\n\r\n{"name":"a"}')
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_a_body_too_large_is_answered_and_not_reset(port: int):
    head = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (6 * MIB)
    answer = await exchange(port, head, *[b"a" * MIB] * 6)
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_connection_serves_one_request_after_the_other(port: int):
    nobody = b"DELETE /api/flows/01890a5d-ac96-774b-bcce-b302099a8057 HTTP/1.1\r\nHost: locum\r\n\r\n"
    health = b"GET /api/health HTTP/1.1\r\nHost: locum\r\n%b\r\n"
    answer = await exchange(port, health % b"", nobody, health % b"Connection: close\r\n")
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"404", b"200"]


async def test_an_answer_that_breaks_off_is_seen_to(port: int, db: Db, monkeypatch: pytest.MonkeyPatch):
    """The last chunk, which says that all has come, does not come."""
    run = await a_run(db, await a_flow(db))

    async def broken(_db: Db, _run: UUID) -> AsyncGenerator[bytes]:
        async def pieces() -> AsyncGenerator[bytes]:
            yield b"first"
            msg = "away"
            raise Unavailable(msg)

        return pieces()

    monkeypatch.setattr(download, "as_csv", broken)
    answer = await exchange(
        port, b"GET /api/flow_runs/%b/logs/download HTTP/1.1\r\nHost: locum\r\n\r\n" % str(run).encode()
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"5\r\nfirst\r\n")

"""The client of the bench reads what servers send, and refuses what a workload did not expect."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from bench.http import Address, Connection, UnexpectedAnswerError

ANSWERS = {
    b"/api/length": b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}',
    b"/api/chunks": b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n',
    b"/api/empty": b"HTTP/1.1 204 No Content\r\n\r\n",
    b"/api/broken": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno",
}


@asynccontextmanager
async def connected() -> AsyncGenerator[Connection]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"Content-Length: 2\r\n" in head:
                    await reader.readexactly(2)
                writer.write(ANSWERS[head.split()[1]])
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Connection(Address.parse(f"http://127.0.0.1:{port}/api/")) as connection:
        yield connection


class TestConnection:
    async def test_one_connection_serves_many_requests(self):
        async with connected() as c:
            assert await c.json("GET", "/length") == {"a": 1}
            assert await c.json("POST", "/chunks", {}) == {"a": 1}
            assert await c.json("DELETE", "/empty") is None
            assert await c.json("GET", "/length") == {"a": 1}

    async def test_an_unexpected_status_stops_the_bench(self):
        async with connected() as c:
            with pytest.raises(UnexpectedAnswerError, match="503"):
                await c.raw("GET", "/broken")

    def test_only_plain_http_is_measured(self):
        with pytest.raises(ValueError, match="https"):
            Address.parse("https://127.0.0.1/api")

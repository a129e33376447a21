import asyncio
import gzip
import json
from collections.abc import AsyncGenerator

import pytest

from locum.domain.errors import BadRequest, TooLarge, Unavailable
from locum.infra.web.bodies import RequestInvalid, is_json
from locum.infra.web.body import (
    Disconnected,
    Message,
    Receive,
    Send,
    compress,
    read_body,
    send_pieces,
    without_nul,
)


def receiving(*parts: bytes, ends: bool = True):
    messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request", "body": b""} if ends else {"type": "http.disconnect"})

    async def receive() -> Message:
        return messages.pop(0)

    return receive


class TestReadBody:
    async def test_joins_the_parts(self):
        assert await read_body(receiving(b"ab", b"", b"cd"), None, 10) == b"abcd"

    async def test_takes_exactly_the_limit(self):
        assert await read_body(receiving(b"a" * 10), b"10", 10) == b"a" * 10

    async def test_refuses_more_than_the_limit_though_not_announced(self):
        with pytest.raises(TooLarge):
            await read_body(receiving(b"a" * 6, b"b" * 6), None, 10)

    async def test_reads_a_body_a_little_too_large_to_its_end(self):
        receive = receiving(b"a" * 6, b"b" * 6)
        with pytest.raises(TooLarge):
            await read_body(receive, b"12", 10)
        with pytest.raises(IndexError):
            await receive()

    @pytest.mark.parametrize("length", [b"1000", b"9" * 5000])
    async def test_does_not_wait_for_a_body_far_too_large(self, length: bytes):
        receive = receiving(b"a")
        with pytest.raises(TooLarge):
            await read_body(receive, length, 10)
        assert (await receive())["body"] == b"a"

    @pytest.mark.parametrize("length", [b"abc", b"-1", b"1.5", b"", "²".encode()])
    async def test_refuses_a_length_that_is_no_number(self, length: bytes):
        with pytest.raises(BadRequest):
            await read_body(receiving(b"a"), length, 10)

    async def test_notices_a_client_that_went_away(self):
        with pytest.raises(Disconnected):
            await read_body(receiving(b"ab", ends=False), None, 10)


class TestWithoutNul:
    def test_leaves_other_bodies_alone(self):
        assert without_nul(b'{"a": "b\\u0001"}', strip=False) == b'{"a": "b\\u0001"}'

    def test_refuses_it(self):
        with pytest.raises(RequestInvalid):
            without_nul(b'{"a": "\\u0000"}', strip=False)

    def test_strips_it(self):
        assert json.loads(without_nul(b'{"a": "x\\u0000\\u0000y"}', strip=True)) == {"a": "xy"}

    def test_an_escaped_backslash_before_u0000_is_no_nul(self):
        body = b'{"a": "\\\\u0000"}'
        assert without_nul(body, strip=False) == body

    def test_an_escaped_backslash_and_a_nul(self):
        assert json.loads(without_nul(b'{"a": "\\\\\\u0000"}', strip=True)) == {"a": "\\"}

    def test_is_quick_on_many_backslashes(self):
        body = b'"' + b"\\\\" * 500_000 + b'\\u0000"'
        assert len(without_nul(body, strip=True)) == len(body) - 6


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (None, True),
        (b"application/json", True),
        (b"application/json; charset=utf-8", True),
        (b"Application/JSON", True),
        (b"application/vnd.api+json", True),
        (b"text/plain", False),
        (b"text/json", False),
        (b"application/x-www-form-urlencoded", False),
        (b"", False),
    ],
)
def test_which_types_are_json(content_type: bytes | None, expected: bool):
    assert is_json(content_type) is expected


@pytest.mark.parametrize("size", [600, 100_000])
def test_compress(size: int):
    body = (b"abc" * size)[:size]
    assert gzip.decompress(compress(body)) == body


class TestPieces:
    def _client(self, *, leaves_after: int = 100) -> tuple[list[Message], Receive, Send]:
        """What a client gets, and both ways to it; it goes away after so many pieces."""
        sent: list[Message] = []
        left = asyncio.Event()

        async def receive() -> Message:
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if len(sent) == leaves_after:
                left.set()
            await asyncio.sleep(0)

        return sent, receive, send

    async def test_each_is_made_when_the_last_is_gone(self):
        sent, receive, send = self._client()

        async def pieces() -> AsyncGenerator[bytes]:
            for number in range(3):
                assert len(sent) == number
                yield b"%d" % number

        await send_pieces(pieces(), receive, send, gzip=False)
        assert [message["body"] for message in sent] == [b"0", b"1", b"2", b""]
        assert [message.get("more_body", False) for message in sent] == [True, True, True, False]

    async def test_packed_they_are_one_file(self):
        sent, receive, send = self._client()

        async def pieces() -> AsyncGenerator[bytes]:
            for number in range(50):
                yield b"%d" % number * 5000

        await send_pieces(pieces(), receive, send, gzip=True)
        packed = b"".join(message["body"] for message in sent)
        assert gzip.decompress(packed) == b"".join([b"%d" % number * 5000 for number in range(50)])
        assert len(packed) < 20_000

    async def test_nobody_left_to_take_them(self):
        sent, receive, send = self._client(leaves_after=2)
        closed = asyncio.Event()

        async def pieces() -> AsyncGenerator[bytes]:
            try:
                while True:
                    yield b"x"
            finally:
                closed.set()

        await send_pieces(pieces(), receive, send, gzip=False)
        assert closed.is_set()
        assert len(sent) <= 3
        assert all(message["more_body"] for message in sent)

    async def test_what_breaks_off_has_no_end(self):
        sent, receive, send = self._client()

        async def pieces() -> AsyncGenerator[bytes]:
            yield b"x"
            raise Unavailable("away")

        with pytest.raises(Unavailable):
            await send_pieces(pieces(), receive, send, gzip=False)
        assert [message["more_body"] for message in sent] == [True]

"""Connections of the server that locum runs, frame by frame."""

import asyncio

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from locum.infra.db import Db
from locum.infra.settings import Settings
from tests.serving import serving

PING = bytes.fromhex("898000000000")
PONG = bytes.fromhex("8a00")


async def test_a_ping_after_the_close_keeps_no_connection_open(settings: Settings, own_db: Db):
    async with serving(settings, own_db) as port:
        uri = parse_uri(f"ws://127.0.0.1:{port}/api/events/in")
        protocol = ClientProtocol(uri, subprotocols=[Subprotocol("prefect")])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def until(opcode: Opcode | None) -> None:
            while True:
                protocol.receive_data(await reader.read(4096))
                for event in protocol.events_received():
                    if opcode is None or (isinstance(event, Frame) and event.opcode is opcode):
                        return

        def write() -> None:
            writer.write(b"".join(protocol.data_to_send()))

        protocol.send_request(protocol.connect())
        write()
        await until(None)
        protocol.send_text(b"no greeting")
        write()
        await until(Opcode.CLOSE)  # the protocol has its answer ready, which a ping gets ahead of
        async with asyncio.timeout(5):
            writer.write(PING)
            assert await reader.readexactly(len(PONG)) == PONG
            write()
            assert await reader.read() == b""
        writer.close()

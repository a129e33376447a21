"""The logs' websocket, through a real server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.infra.db import Db
from locum.infra.settings import Settings
from tests.serving import serving


@asynccontextmanager
async def _listening(port: int, **wanted: Any) -> AsyncGenerator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{port}/api/logs/out", subprotocols=[Subprotocol("prefect")]) as client:
        await client.send('{"type": "auth", "token": null}')
        assert orjson.loads(await client.recv()) == {"type": "auth_success"}
        await client.send(orjson.dumps({"type": "filter", "filter": wanted}).decode())
        yield client


async def _write(port: int, *lines: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api") as client:
        body = [{"name": "l", "level": 20, "timestamp": now().isoformat(), **line} for line in lines]
        assert (await client.post("/logs/", json=body)).status_code == 201


async def _heard(port: int, client: ClientConnection, run: str) -> dict[str, Any]:
    """The first line heard; lines are written until one is, since nobody says when listening has begun."""
    while True:
        await _write(port, {"message": "other"}, {"message": "wanted", "flow_run_id": run})
        try:
            message = orjson.loads(await asyncio.wait_for(client.recv(), 1))
        except TimeoutError:
            continue
        assert message["type"] == "log"
        return message["log"]


class TestOut:
    async def test_only_what_is_wanted(self, settings: Settings, db: Db):
        run = str(new_id())
        async with serving(settings, db) as port, _listening(port, flow_run_id={"any_": [run]}) as client:
            line = await _heard(port, client, run)
            assert (line["message"], line["flow_run_id"]) == ("wanted", run)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api") as http:
                assert line in (await http.post("/logs/filter", json={})).json()

    async def test_two_listen_and_one_goes(self, settings: Settings, db: Db):
        runs = [str(new_id()) for _ in range(2)]
        async with serving(settings, db) as port, _listening(port, flow_run_id={"any_": runs[:1]}) as first:
            async with _listening(port, flow_run_id={"any_": runs[1:]}) as second:
                assert (await _heard(port, second, runs[1]))["flow_run_id"] == runs[1]
            assert (await _heard(port, first, runs[0]))["flow_run_id"] == runs[0]

    @pytest.mark.parametrize("switch", ["stream_out_enabled", "stream_publishing_enabled"])
    async def test_switched_off_it_is_silent(self, settings: Settings, db: Db, switch: str):
        off = settings.model_copy(update={"logs": settings.logs.model_copy(update={switch: False})})
        async with serving(off, db) as port, _listening(port) as client:
            for _ in range(2):
                await _write(port, {"message": "unheard"})
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.recv(), 0.4)
                await (await client.ping())

    @pytest.mark.parametrize(
        "message",
        ['{"type": "hello"}', '{"type": "filter"}', '{"type": "filter", "filter": {"level": {"ge_": "x"}}}', "[]", "{"],
    )
    async def test_what_it_does_not_understand(self, settings: Settings, db: Db, message: str):
        async with (
            serving(settings, db) as port,
            connect(f"ws://127.0.0.1:{port}/api/logs/out", subprotocols=[Subprotocol("prefect")]) as client,
        ):
            await client.send('{"type": "auth", "token": null}')
            await client.recv()
            await client.send(message)
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1002

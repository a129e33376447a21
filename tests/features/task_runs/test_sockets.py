"""The websocket of background task runs, through a real server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import func, select, update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from locum.domain.ids import new_id
from locum.features.task_workers import handing
from locum.features.task_workers.store import offers
from locum.infra.db import Db
from locum.infra.settings import Settings
from locum.tables.task_workers import task_offer
from tests.serving import serving

KEY = "pkg.work-1a2b"


def _http(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api", verify=False)


@asynccontextmanager
async def _subscribed(port: int, *keys: str, name: str = "host-1") -> AsyncGenerator[ClientConnection]:
    async with _connected(port) as client:
        await client.send(orjson.dumps({"type": "subscribe", "keys": keys or (KEY,), "client_id": name}).decode())
        yield client


@asynccontextmanager
async def _connected(port: int) -> AsyncGenerator[ClientConnection]:
    url = f"ws://127.0.0.1:{port}/api/task_runs/subscriptions/scheduled"
    async with connect(url, subprotocols=[Subprotocol("prefect")]) as client:
        await client.send('{"type": "auth", "token": null}')
        assert orjson.loads(await client.recv()) == {"type": "auth_success"}
        yield client


async def _delay(port: int, key: str = KEY, **more: Any) -> str:
    """Make a run as `delay` does; its id."""
    state = {"type": "SCHEDULED", "state_details": {"deferred": True, "task_parameters_id": str(new_id())}}
    body = {"name": "work", "task_key": key, "dynamic_key": str(new_id()), "flow_run_id": None, "state": state}
    async with _http(port) as client:
        made = await client.post("/task_runs/", json={**body, **more})
        assert made.status_code == 201
        return made.json()["id"]


async def _received(client: ClientConnection) -> dict[str, Any]:
    return orjson.loads(await asyncio.wait_for(client.recv(), 5))


async def _taken(client: ClientConnection) -> str:
    run = await _received(client)
    await client.send('{"type": "ack"}')
    return run["id"]


async def _waiting(db: Db) -> int:
    return await db.value(select(func.count()).select_from(task_offer))


async def _until_confirmed(db: Db, left: int = 0) -> None:
    async with asyncio.timeout(5):
        while await _waiting(db) != left:
            await asyncio.sleep(0)


class TestHandingOut:
    async def test_what_is_sent_is_the_run_as_it_is_read(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port, _subscribed(port) as client:
            made = await _delay(port)
            run = await _received(client)
            async with _http(port) as http:
                read = (await http.get(f"/task_runs/{made}")).json()
            assert read | {"estimated_start_time_delta": 0} == run | {"estimated_start_time_delta": 0}
            assert run["state"]["state_details"]["task_parameters_id"]

    async def test_in_order_and_only_what_is_served(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port:
            await _delay(port, key="other")
            made = [await _delay(port) for _ in range(3)]
            async with _subscribed(port) as client:
                assert [await _taken(client) for _ in made] == made
                await _until_confirmed(own_db, left=1)

    async def test_each_run_goes_to_one_worker(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as one, serving(settings, own_db) as two:
            taken: list[str] = []

            async def work(port: int, number: int) -> None:
                async with _subscribed(port, name=f"host-{number}") as client:
                    while True:
                        taken.append(await _taken(client))

            workers = [asyncio.create_task(work(port, number)) for number, port in enumerate((one, two, one, two))]
            made = [await _delay(port) for port in (one, two) * 15]
            await _until_confirmed(own_db)
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            assert sorted(taken) == sorted(made)

    async def test_a_worker_waits_at_the_other_replica(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as one, serving(settings, own_db) as two, _subscribed(two) as client:
            made = await _delay(one)
            assert await _taken(client) == made

    async def test_one_that_is_scheduled_again_is_sent_again(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port, _subscribed(port) as client:
            made = await _delay(port)
            assert await _taken(client) == made
            await _until_confirmed(own_db)
            state = {"type": "SCHEDULED", "name": "AwaitingRetry", "state_details": {"deferred": True}}
            async with _http(port) as http:
                await http.post(f"/task_runs/{made}/set_state", json={"state": state})
            assert await _taken(client) == made

    async def test_one_that_was_cancelled_is_not_sent(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port:
            cancelled, made = await _delay(port), await _delay(port)
            async with _http(port) as http:
                await http.post(f"/task_runs/{cancelled}/set_state", json={"state": {"type": "CANCELLED"}})
            async with _subscribed(port) as client:
                assert await _taken(client) == made
                await _until_confirmed(own_db)


class TestGivingBack:
    @pytest.mark.parametrize("last_word", [None, '{"type": "quit"}', '{"type": "what"}', "{", "[" * 100_000])
    async def test_what_is_not_confirmed_goes_to_the_next_first(
        self, settings: Settings, own_db: Db, last_word: str | None
    ):
        async with serving(settings, own_db) as port:
            made = [await _delay(port) for _ in range(2)]
            async with _subscribed(port) as client:
                assert (await _received(client))["id"] == made[0]
                if last_word is not None:
                    await client.send(last_word)
                    with pytest.raises(ConnectionClosed) as closed:
                        await client.recv()
                    assert closed.value.rcvd is not None
                    assert closed.value.rcvd.code == (1000 if "quit" in last_word else 4001)
            async with _subscribed(port) as client:
                assert [await _taken(client) for _ in made] == made

    async def test_a_server_that_stops_gives_it_back(self, settings: Settings, own_db: Db):
        async with AsyncExitStack() as worker:
            async with serving(settings, own_db) as port:
                made = await _delay(port)
                client = await worker.enter_async_context(_subscribed(port))
                assert (await _received(client))["id"] == made
            await client.wait_closed()
            assert client.close_code == 1012
        async with serving(settings, own_db) as port, _subscribed(port) as client:
            assert await _taken(client) == made

    async def test_a_server_that_died_keeps_it_for_a_minute(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port:
            made = await _delay(port)
            await offers.take(own_db, [KEY], [new_id()])
            async with _subscribed(port) as client:
                later = await _delay(port)
                assert await _taken(client) == later
                await own_db.run(update(task_offer).values(taken_until=func.now()))
                assert await _taken(client) == made


class TestPresence:
    async def test_a_worker_is_known_while_it_is_connected(self, settings: Settings, own_db: Db):
        async with (
            serving(settings, own_db) as port,
            _http(port) as http,
        ):

            async def known() -> dict[str, list[str]]:
                found = (await http.post("/task_workers/filter", json={})).json()
                return {one["identifier"]: one["task_keys"] for one in found}

            async def until(expected: dict[str, list[str]]) -> None:
                async with asyncio.timeout(5):
                    while await known() != expected:
                        await asyncio.sleep(0)

            async with _subscribed(port, "a", "b"), _subscribed(port, "c", name="host-2"):
                await until({"host-1": ["a", "b"], "host-2": ["c"]})
            await until({})

    async def test_it_is_refreshed(self, settings: Settings, own_db: Db, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(handing, "_REFRESH_EVERY", 0.0)
        async with serving(settings, own_db) as port:
            await _delay(port)
            async with _subscribed(port) as client:
                await _received(client)
                first = await own_db.value(select(task_offer.c.taken_until))
                async with asyncio.timeout(5):
                    while await own_db.value(select(task_offer.c.taken_until)) == first:
                        await asyncio.sleep(0)


class TestWhatIsNotUnderstood:
    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            ({"type": "hello"}, "subscribe"),
            ([], "subscribe"),
            ({"type": "subscribe"}, "keys"),
            ({"type": "subscribe", "keys": []}, "keys"),
            ({"type": "subscribe", "keys": "abc"}, "keys"),
            ({"type": "subscribe", "keys": ["a\0"], "client_id": "x"}, "keys"),
            ({"type": "subscribe", "keys": ["a"] * 1001, "client_id": "x"}, "keys"),
            ({"type": "subscribe", "keys": ["a" * 1001], "client_id": "x"}, "keys"),
            ({"type": "subscribe", "keys": ["a"]}, "client_id"),
            ({"type": "subscribe", "keys": ["a"], "client_id": "x\0"}, "client_id"),
            ({"type": "subscribe", "keys": ["a"], "client_id": "ä" * 501}, "client_id"),
        ],
    )
    async def test_it_says_what_it_expected(self, settings: Settings, db: Db, message: Any, expected: str):
        async with serving(settings, db) as port, _connected(port) as client:
            await client.send(orjson.dumps(message).decode())
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4001
            assert f"'{expected}'" in closed.value.rcvd.reason

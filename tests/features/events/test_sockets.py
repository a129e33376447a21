"""The events' websockets, through a real server."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from locum.domain.errors import Unavailable
from locum.domain.ids import new_id
from locum.features.events.intake import Intake
from locum.features.events.schemas import Event
from locum.infra.db import Db
from locum.infra.settings import Settings
from tests.factories.task_events import course, settled
from tests.serving import serving


@asynccontextmanager
async def _client(port: int, path: str, token: str | None = None) -> AsyncGenerator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{port}/api{path}", subprotocols=[Subprotocol("prefect")]) as client:
        await client.send(orjson.dumps({"type": "auth", "token": token}).decode())
        assert orjson.loads(await client.recv()) == {"type": "auth_success"}
        yield client


async def _send(client: ClientConnection, *events: dict[str, Any]) -> None:
    for event in events:
        await client.send(orjson.dumps(event).decode())


async def _confirmed(client: ClientConnection) -> None:
    await (await client.ping())


async def _count(db: Db, table: str = "event") -> int:
    return await db.value(text(f"select count(*) from {table}"))


class TestIn:
    async def test_a_pong_says_that_all_before_it_is_committed(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port, _client(port, "/events/in") as client:
            for round_ in range(1, 6):
                await _send(client, *(one for _ in range(40) for one in course(new_id())))
                await _confirmed(client)
                assert await _count(own_db) == round_ * 120
            assert await _count(own_db, "task_run") == 200

    async def test_a_ping_before_the_greeting_is_answered(self, settings: Settings, own_db: Db):
        async with (
            serving(settings, own_db) as port,
            connect(f"ws://127.0.0.1:{port}/api/events/in", subprotocols=[Subprotocol("prefect")]) as client,
        ):
            await _confirmed(client)

    async def test_an_older_client_says_no_token(self, settings: Settings, own_db: Db):
        async with (
            serving(settings, own_db) as port,
            connect(f"ws://127.0.0.1:{port}/api/events/in") as client,
        ):
            await _send(client, *course(new_id()))
            await _confirmed(client)
            assert await _count(own_db) == 3

    async def test_what_is_no_event_is_passed_over(self, settings: Settings, own_db: Db):
        nul = course(new_id())[0]
        nul["payload"]["task_run"]["name"] = "a\0b"
        async with serving(settings, own_db) as port, _client(port, "/events/in") as client:
            await client.send("{")
            await client.send('{"id": 5}')
            await client.send(b"\xff\xfe")
            await client.send("[" * 100_000)
            await client.send('{"event": "\\ud800"}')
            await _send(client, nul)
            await _confirmed(client)
        assert await _count(own_db) == 1
        assert await own_db.value(text("select name from task_run")) == "ab"

    async def test_what_is_beyond_the_limits_is_passed_over(self, settings: Settings, own_db: Db):
        limits = {"maximum_labels_per_resource": 2, "maximum_event_name_length": 4, "maximum_size_bytes": 1000}
        settings = settings.model_copy(update={"events": settings.events.model_copy(update=limits)})
        async with serving(settings, own_db) as port, _client(port, "/events/in") as client:
            many = {"prefect.resource.id": "x", "a": "1", "b": "2"}
            await _send(client, _plain("five5"), {**_plain("b"), "resource": many})
            await _send(client, {**_plain("c"), "payload": {"a": "x" * 1000}}, _plain("four"))
            await _confirmed(client)
        assert [row["event"] for row in await own_db.rows(text("select event from event"))] == ["four"]

    async def test_a_client_that_has_closed_has_been_heard_to_the_end(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port, _client(port, "/events/in") as client:
            await _send(client, *(one for _ in range(100) for one in course(new_id())))
            await client.close()
            assert await _count(own_db) == 300
            assert client.close_code == 1000

    async def test_a_wrong_token_is_turned_away(self, settings: Settings, own_db: Db):
        api = settings.api.model_copy(update={"auth_string": SecretStr("me:secret")})
        guarded = settings.model_copy(update={"api": api})
        async with serving(guarded, own_db) as port:
            async with _client(port, "/events/in", "me:secret"):
                pass
            for first in ({"type": "auth", "token": "wrong"}, {"type": "auth"}, {"type": "hello"}):
                async with connect(
                    f"ws://127.0.0.1:{port}/api/events/in", subprotocols=[Subprotocol("prefect")]
                ) as client:
                    await client.send(orjson.dumps(first).decode())
                    with pytest.raises(ConnectionClosed) as closed:
                        await client.recv()
                    assert closed.value.rcvd is not None
                    assert closed.value.rcvd.code == 1008

    async def test_no_pong_while_the_database_is_away(
        self, settings: Settings, own_db: Db, monkeypatch: pytest.MonkeyPatch
    ):
        failures = iter([Unavailable("away"), Unavailable("away")])
        accept = Intake.accept

        async def accept_later(intake: Intake, events: Sequence[Event]) -> None:
            for failure in failures:
                raise failure
            await accept(intake, events)

        monkeypatch.setattr(Intake, "accept", accept_later)
        async with serving(settings, own_db) as port, _client(port, "/events/in") as client:
            await _send(client, *course(new_id()))
            await _confirmed(client)
            assert await _count(own_db) == 3

    async def test_many_clients_share_their_commits(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port:

            async def one() -> None:
                async with _client(port, "/events/in") as client:
                    for _ in range(5):
                        await _send(client, *course(new_id()))
                        await _confirmed(client)

            await asyncio.gather(*(one() for _ in range(20)))
        assert await _count(own_db) == 300


def _plain(name: str, occurred: datetime | None = None) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "event": name,
        "occurred": (occurred or datetime.now(UTC)).isoformat(),
        "resource": {"prefect.resource.id": f"thing.{name}"},
    }


def _wanted(**parts: Any) -> dict[str, Any]:
    """What the real client asks for: from now on, for as long as it listens."""
    now = datetime.now(UTC)
    span = {"since": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(days=365)).isoformat()}
    return {"type": "filter", "filter": {"occurred": span, **parts}}


async def _heard(client: ClientConnection, count: int) -> list[str]:
    async with asyncio.timeout(5):
        messages = [orjson.loads(await client.recv()) for _ in range(count)]
    assert {message["type"] for message in messages} == {"event"}
    return [message["event"]["event"] for message in messages]


class TestOut:
    async def test_what_was_missed_and_then_what_comes(self, settings: Settings, own_db: Db):
        few = settings.events.model_copy(update={"websocket_backfill_page_size": 2})
        settings = settings.model_copy(update={"events": few})
        old = datetime.now(UTC) - timedelta(minutes=30)
        async with serving(settings, own_db) as port, _client(port, "/events/in") as sender:
            await _send(sender, _plain("too old", old), *(_plain(f"missed {n}") for n in range(5)))
            await _confirmed(sender)
            async with _client(port, "/events/out") as listener:
                await listener.send(orjson.dumps(_wanted()).decode())
                assert await _heard(listener, 5) == [f"missed {n}" for n in range(5)]
                await _send(sender, *(_plain(f"live {n}") for n in range(5)))
                assert await _heard(listener, 5) == [f"live {n}" for n in range(5)]

    async def test_only_what_is_wanted(self, settings: Settings, own_db: Db):
        async with (
            serving(settings, own_db) as port,
            _client(port, "/events/in") as sender,
            _client(port, "/events/out") as listener,
        ):
            await listener.send(orjson.dumps(_wanted(event={"prefix": ["b."]})).decode())
            await _send(sender, *(_plain(f"{kind}.{n}") for n in range(10) for kind in "abc"))
            assert await _heard(listener, 10) == [f"b.{n}" for n in range(10)]

    async def test_nothing_old_unless_asked(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port, _client(port, "/events/in") as sender:
            await _send(sender, _plain("old"))
            await _confirmed(sender)
            # Others on this PostgreSQL hold transactions open, and what began after those counts as new.
            await settled(own_db)
            async with _client(port, "/events/out") as listener:
                await listener.send(orjson.dumps(_wanted() | {"backfill": False}).decode())
                heard: list[str] = []
                while not heard:
                    await _send(sender, _plain("new"))
                    try:
                        heard = await asyncio.wait_for(_heard(listener, 1), 0.5)
                    except TimeoutError:
                        continue
                assert heard == ["new"]

    async def test_switched_off_it_tells_what_was_missed_and_falls_silent(self, settings: Settings, own_db: Db):
        off = settings.model_copy(update={"events": settings.events.model_copy(update={"stream_out_enabled": False})})
        async with serving(off, own_db) as port, _client(port, "/events/in") as sender:
            await _send(sender, _plain("old"))
            await _confirmed(sender)
            await settled(own_db)
            async with _client(port, "/events/out") as listener:
                await listener.send(orjson.dumps(_wanted()).decode())
                assert await _heard(listener, 1) == ["old"]
                await _send(sender, _plain("new"))
                await _confirmed(sender)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(listener.recv(), 0.6)
                await _confirmed(listener)

    async def test_what_it_does_not_understand(self, settings: Settings, own_db: Db):
        async with serving(settings, own_db) as port:
            too_much = orjson.dumps(_wanted(event={"name": ["x" * 65_536]})).decode()
            too_deep = '{"type": "filter", "filter": ' + "[" * 500 + "]" * 500 + "}"
            unknown = '{"type": "filter", "filter": {"a": 1}}'
            for message in ('{"type": "hello"}', unknown, '{"type": "filter"}', "[]", too_much, too_deep):
                async with _client(port, "/events/out") as listener:
                    await listener.send(message)
                    with pytest.raises(ConnectionClosed) as closed:
                        await listener.recv()
                    assert closed.value.rcvd is not None
                    assert closed.value.rcvd.code == 1002

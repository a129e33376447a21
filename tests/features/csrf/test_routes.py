"""CSRF tokens: who is given one, whose holds, and that there are never too many."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from locum.app.asgi import create_app
from locum.features.csrf import commands, store
from locum.infra.db import Db
from locum.infra.settings import Settings

HOUR = timedelta(hours=1)
MANY = 1000
DEADLOCK_TIMEOUT = 1.0
"""Seconds after which PostgreSQL looks whether those who wait do so in a circle."""
INVALID = {"detail": "Invalid CSRF token or client identifier."}


@asynccontextmanager
async def protected(settings: Settings, db: Db, **api: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a server that has the protection on."""
    changed = settings.api.model_copy(update={"csrf_protection_enabled": True, **api})
    transport = httpx.ASGITransport(create_app(settings.model_copy(update={"api": changed}), db))
    async with httpx.AsyncClient(transport=transport, base_url="http://locum/api") as made:
        yield made


def _held(token: dict[str, Any]) -> dict[str, str]:
    return {"prefect-csrf-client": token["client"], "prefect-csrf-token": token["token"]}


class TestSwitchedOff:
    async def test_is_refused_so_that_clients_go_on_without(self, client: httpx.AsyncClient):
        answer = await client.get("/csrf-token", params={"client": "me"})
        assert (answer.status_code, answer.json()) == (422, {"detail": "CSRF protection is disabled."})

    async def test_who_asks_must_be_said(self, client: httpx.AsyncClient):
        answer = await client.get("/csrf-token")
        assert answer.status_code == 422
        assert answer.json()["exception_message"] == "Invalid request received."

    async def test_nobody_needs_a_token(self, client: httpx.AsyncClient, db: Db):
        before = db.statements
        assert (await client.post("/flows/filter", json={})).status_code == 200
        assert db.statements == before + 1


class TestSwitchedOn:
    async def test_a_token_admits_its_client(self, settings: Settings, db: Db):
        async with protected(settings, db) as http:
            token = (await http.get("/csrf-token", params={"client": "mé/1"})).json()
            assert sorted(token) == ["client", "created", "expiration", "id", "token", "updated"]
            assert token["client"] == "mé/1"
            remaining = datetime.fromisoformat(token["expiration"]) - datetime.now(UTC)
            assert timedelta(minutes=59) < remaining <= timedelta(minutes=61)
            token = (await http.get("/csrf-token", params={"client": "me"})).json()
            before = db.statements
            assert (await http.post("/flows/filter", json={}, headers=_held(token))).status_code == 200
            assert db.statements == before + 2
            assert (await http.post("/flows/filter", json={})).json() == {"detail": "Missing CSRF token."}
            assert (await http.get("/health")).status_code == 200
            assert db.statements == before + 2

    async def test_another_token_takes_its_place(self, settings: Settings, db: Db):
        async with protected(settings, db) as http:
            first, second = [(await http.get("/csrf-token", params={"client": "me"})).json() for _ in range(2)]
            assert (first["id"], first["created"]) == (second["id"], second["created"])
            assert (await http.post("/flows/filter", json={}, headers=_held(first))).json() == INVALID
            assert (await http.post("/flows/filter", json={}, headers=_held(second))).status_code == 200
            borrowed = {**_held(second), "prefect-csrf-client": "you"}
            assert (await http.post("/flows/filter", json={}, headers=borrowed)).status_code == 403

    async def test_one_that_has_expired_admits_nobody(self, settings: Settings, db: Db):
        async with protected(settings, db, csrf_token_expiration=timedelta(0)) as http:
            token = (await http.get("/csrf-token", params={"client": "me"})).json()
            assert (await http.post("/flows/filter", json={}, headers=_held(token))).json() == INVALID


class TestTable:
    async def test_holds_no_token(self, db: Db):
        token = await commands.give(db, "me", HOUR, MANY)
        assert await commands.holds(db, "me", token.token)
        kept = str(await db.row(text("select * from csrf_token")))
        assert token.token not in kept
        assert bytes.fromhex(token.token) != await db.value(text("select token from csrf_token"))

    @pytest.mark.parametrize("name", ["", "x" * 100_000, "\ud800"])
    async def test_any_name_will_do(self, db: Db, name: str):
        token = await commands.give(db, name, HOUR, MANY)
        assert await commands.holds(db, name, token.token)

    async def test_what_has_expired_is_forgotten(self, db: Db):
        for lifetime in (timedelta(0), HOUR, timedelta(0)):
            await store.put(db, str(lifetime).encode(), b"", lifetime, MANY)
        await store.put(db, b"last", b"", HOUR, MANY)
        assert await db.value(text("select count(*) from csrf_token")) == 2

    async def test_only_so_many_of_the_latest_are_kept(self, db: Db):
        for number in range(20):
            await store.put(db, str(number).encode(), b"digest", HOUR, 5)
            await store.put(db, b"again", b"digest", HOUR, 5)
        assert await db.value(text("select count(*) from csrf_token")) <= 5
        assert await store.get(db, b"again") == b"digest"
        assert await store.get(db, b"19") == b"digest"
        assert await store.get(db, b"0") is None

    async def test_clients_that_come_at_once_do_not_lock_each_other_out(self, db: Db):
        """Each finds the others' tokens expired; waiting for each other would end after a second, by force."""
        clients = [str(number).encode() for number in range(8)]
        worst = 0.0
        for _ in range(20):
            for client in clients:
                await store.put(db, client, b"", HOUR, MANY)
            await db.run(text("update csrf_token set expiration = now()"))
            began = time.perf_counter()
            await asyncio.gather(*(store.put(db, client, b"", HOUR, MANY) for client in clients))
            worst = max(worst, time.perf_counter() - began)
        assert worst < DEADLOCK_TIMEOUT
        assert await db.value(text("select count(*) from csrf_token")) == len(clients)

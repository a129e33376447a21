"""What the server says of itself."""

from datetime import timedelta

import httpx

from locum.app.asgi import create_app
from locum.domain.clock import now
from locum.infra.db import Db, PoolOptions
from locum.infra.loop import Pulse, Pulses
from locum.infra.settings import Settings, read_settings


class TestHealth:
    async def test_lives(self, client: httpx.AsyncClient):
        answer = await client.get("/health")
        assert (answer.status_code, answer.text) == (200, "true")

    async def test_is_ready(self, client: httpx.AsyncClient):
        assert (await client.get("/ready")).json() == {"message": "OK"}

    async def test_is_not_ready_while_a_loop_hangs(self, settings: Settings, db: Db):
        long_ago = now() - timedelta(days=1)
        pulses = Pulses({"scheduler": Pulse(every=5, limit=30, began=long_ago, ended=long_ago)})
        transport = httpx.ASGITransport(create_app(settings, db, {"loops": pulses}))
        async with httpx.AsyncClient(transport=transport, base_url="http://locum/api") as client:
            answer = await client.get("/ready")
        assert answer.status_code == 503
        assert answer.json() == {"message": "Background work hangs: scheduler"}

    async def test_is_not_ready_without_a_database(self, settings: Settings):
        away = Db(PoolOptions(url="postgresql://u@127.0.0.1:1/d"))
        transport = httpx.ASGITransport(create_app(settings, away))
        async with httpx.AsyncClient(transport=transport, base_url="http://locum/api") as client:
            assert (await client.get("/health")).status_code == 200
            answer = await client.get("/ready")
        assert answer.status_code == 503
        assert answer.json() == {"message": "Database is not available"}


class TestVersions:
    async def test_waves_back(self, client: httpx.AsyncClient):
        assert (await client.get("/hello")).json() == "👋"

    async def test_speaks_the_api_of_the_parity_target(self, client: httpx.AsyncClient):
        assert (await client.get("/version")).json() == "0.8.4"
        assert (await client.get("/admin/version")).json() == "3.9.1"


class TestSettings:
    async def test_publishes_the_tree_of_the_contract(self, client: httpx.AsyncClient):
        published = (await client.get("/admin/settings")).json()
        assert published["server"]["api"]["default_limit"] == 200
        assert published["server"]["services"]["late_runs"]["after_seconds"] == "PT15S"
        assert "workers" not in published["server"]["api"], "extensions stay unpublished"

    def test_hides_secrets(self):
        given = {"PREFECT_API_DATABASE_CONNECTION_URL": "postgresql://u:hush@db/x", "LOCUM_API_AUTH_STRING": "a:hush"}
        settings: Settings = read_settings(given)
        assert "hush" not in repr(settings)

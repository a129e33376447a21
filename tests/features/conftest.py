"""What tests of features lean on besides: the whole application, without a network."""

from collections.abc import AsyncIterator

import httpx
import pytest

from locum.app.asgi import create_app
from locum.app.hubs import hubs
from locum.app.routes import OPERATIONS
from locum.infra.db import Db
from locum.infra.settings import Settings
from tests.factories.answers import checking


@pytest.fixture
async def client(settings: Settings, db: Db) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application on `db`: `await client.get("/flows/...")`; every answer has to match its schema."""
    async with hubs(settings, db) as shared:
        transport = httpx.ASGITransport(create_app(settings, db, shared))
        hooks = {"response": [checking(OPERATIONS)]}
        async with httpx.AsyncClient(transport=transport, base_url="http://locum/api", event_hooks=hooks) as client:
            yield client

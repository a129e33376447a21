"""Fixtures for all tests: a database found empty, a transaction that is undone, a database of one's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from locum.infra.db import Db, Tx
from locum.infra.postgres import EmbeddedPostgres
from locum.infra.settings import Settings, read_settings
from tests import databases

# How long an example takes says nothing on a shared machine, and a first example pays for imports.
hypothesis.settings.register_profile(
    "locum", deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
hypothesis.settings.load_profile("locum")


class _RollBackError(Exception):
    """Leaves a transaction without committing it."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The PostgreSQL that this run shares with others."""
    server = databases.server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """The name of the migrated database that clones are made of."""
    return databases.template(postgres)


@pytest.fixture(scope="session")
async def shared_db(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[Db]:
    """The database of this test process; use `db`, which empties it after each test."""
    async with databases.database(postgres, template) as url, databases.pool(url) as db:
        yield db


@pytest.fixture
async def db(shared_db: Db) -> AsyncIterator[Db]:
    """A pool on a migrated database without rows, for what commits."""
    yield shared_db
    await databases.empty(shared_db)


@pytest.fixture
async def tx(shared_db: Db) -> AsyncIterator[Tx]:
    """An open transaction that is rolled back after the test: the quickest way to test a store or a command."""
    try:
        async with shared_db.tx() as tx:
            yield tx
            raise _RollBackError  # noqa: TRY301
    except _RollBackError:
        pass


@pytest.fixture
async def own_url(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The URL of a migrated database of the test's own, for what opens connections itself."""
    async with databases.database(postgres, template) as url:
        yield url


@pytest.fixture
async def own_db(own_url: str) -> AsyncIterator[Db]:
    """A pool on a database of the test's own, for loops, sockets and the bus."""
    async with databases.pool(own_url) as db:
        yield db


@pytest.fixture
async def empty_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The URL of a database without tables."""
    async with databases.database(postgres, None) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of a fresh installation, whatever the environment says."""
    return read_settings({"LOCUM_HOME": str(tmp_path)}, directory=tmp_path)

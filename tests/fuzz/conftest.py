"""A server for made-up requests: with a database of its own, since what they leave behind is found by no other test."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from locum.infra.postgres import EmbeddedPostgres
from locum.infra.settings import read_settings
from tests import databases
from tests.fuzz.campaign import Campaign
from tests.fuzz.values import Pool
from tests.fuzz.wire import Wire
from tests.serving import serving

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))


@pytest.fixture(scope="session")
async def address(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """Where the server listens."""
    home: Path = tmp_path_factory.mktemp("fuzz")
    settings = read_settings({"LOCUM_HOME": str(home)}, directory=home)
    async with (
        databases.database(postgres, template) as url,
        databases.pool(url) as db,
        serving(settings, db) as port,
    ):
        yield f"http://127.0.0.1:{port}/api"


@pytest.fixture(scope="session")
def pool() -> Pool:
    """What is known of the server's things: shared, since making one of everything for each test would take longest."""
    return Pool()


@pytest.fixture
def campaign(address: str, pool: Pool) -> Iterator[Campaign]:
    """Requests to it; the test fails if an answer was wrong."""
    campaign = Campaign(Wire(address), pool=pool)
    yield campaign
    campaign.wire.close()
    assert not campaign.findings, campaign.told()

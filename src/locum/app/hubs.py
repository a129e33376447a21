"""The table of contents of what features share within one process, under the feature's name."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from locum.infra.db import Db
from locum.infra.settings import Settings


@asynccontextmanager
async def hubs(_settings: Settings, _db: Db) -> AsyncGenerator[Mapping[str, Any]]:
    """The hubs, running for as long as the process serves."""
    yield {}

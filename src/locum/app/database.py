"""The database that a process runs on: started or checked, brought up to date, and let go of at the end."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from locum.app.lazy import load
from locum.infra.postgres import DATABASE, DatabaseProblem, EmbeddedPostgres, check, database_url, ensure_database
from locum.infra.revision import current_revision
from locum.infra.settings import Settings
from locum.tables.migrations import HEAD, LOCATION

logger = logging.getLogger("locum.database")

_LOOK_EVERY = 0.5


@dataclass(frozen=True)
class Database:
    """Where it is, and the embedded server if it is on that."""

    url: str
    server: EmbeddedPostgres | None = None


@contextmanager
def opened(settings: Settings) -> Generator[Database]:
    """The database of the settings, answering; the embedded one is stopped at the end unless others use it."""
    url = database_url(settings)
    if url is not None:
        asyncio.run(check(url, timeout=settings.database.connection_timeout or 60.0))
        yield Database(url)
        return
    server = EmbeddedPostgres(settings.home / "postgres")
    try:
        server.start()
        yield Database(asyncio.run(ensure_database(server, DATABASE)), server)
    finally:
        server.stop()


@asynccontextmanager
async def kept_up(database: Database) -> AsyncGenerator[None]:
    """The embedded PostgreSQL, if it is that, started again should it die (killed for want of memory, say)."""
    watching = asyncio.create_task(_watch(database.server)) if database.server else None
    try:
        yield
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _watch(server: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if server.pid() is not None:
            continue
        logger.error("PostgreSQL died and is started again")
        try:
            await asyncio.to_thread(server.restart)
        except DatabaseProblem as problem:
            logger.error("PostgreSQL does not start", extra={"reason": str(problem)})  # noqa: TRY400 - says it all


def bring_up_to_date(settings: Settings, url: str) -> None:
    """Migrate where the settings allow it. Raises DatabaseProblem where the schema cannot be used."""
    found = asyncio.run(current_revision(url, search_path=settings.database.sqlalchemy.connect_args.search_path))
    if found == HEAD:
        return
    if not settings.database.migrate_on_start:
        msg = f"the schema is at revision {found or 'none'} and must be at {HEAD}: run `locum database upgrade`."
        raise DatabaseProblem(msg)
    migrate(settings, url)


def migrate(settings: Settings, url: str) -> None:
    """Migrate to the newest revision."""
    asyncio.run(load("locum.infra.migrations:upgrade")(settings, url, LOCATION))

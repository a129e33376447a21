"""The database that a process runs on: started or checked, brought up to date, and let go of at the end."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from locum.app.lazy import load
from locum.infra.postgres import DATABASE, DatabaseProblem, EmbeddedPostgres, check, database_url, ensure_database
from locum.infra.revision import current_revision
from locum.infra.settings import Settings
from locum.tables.migrations import HEAD, LOCATION


@dataclass(frozen=True)
class Database:
    """Where it is, and whether it is the embedded one."""

    url: str
    embedded: bool


@contextmanager
def opened(settings: Settings) -> Generator[Database]:
    """The database of the settings, answering; the embedded one is stopped at the end unless others use it."""
    url = database_url(settings)
    if url is not None:
        asyncio.run(check(url, timeout=settings.database.connection_timeout or 60.0))
        yield Database(url, embedded=False)
        return
    server = EmbeddedPostgres(settings.home / "postgres")
    try:
        server.start()
        yield Database(asyncio.run(ensure_database(server, DATABASE)), embedded=True)
    finally:
        server.stop()


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

"""Brings the schema up to date: by alembic, in one transaction under an advisory lock, so that N replicas may try."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from locum.infra.postgres import DatabaseProblem
from locum.infra.settings import Settings

logger = logging.getLogger("locum.migrations")

_LOCK = 0x6C6F63756D  # "locum"


@dataclass(frozen=True)
class Migrated:
    """What an upgrade did: the revisions before and after."""

    before: str | None
    after: str


async def upgrade(settings: Settings, url: str, location: Path, revision: str = "head") -> Migrated:
    """Migrate, to the newest revision by default. Raises DatabaseProblem where the database is ahead of this code."""
    arguments: dict[str, Any] = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
    schema = settings.database.sqlalchemy.connect_args.search_path
    if schema:
        arguments["server_settings"] = {"search_path": schema}
    engine = create_async_engine(_for_sqlalchemy(url), poolclass=NullPool, connect_args=arguments)
    try:
        async with engine.begin() as connection:
            limit = int((settings.database.migration_timeout or 0) * 1000)
            await connection.execute(text(f"SET LOCAL statement_timeout = {limit}"))
            # Of the transaction, not the session: it holds through a PgBouncer as well.
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            raw: Any = await connection.get_raw_connection()
            raw.driver_connection.add_log_listener(_tell)
            return await connection.run_sync(_upgrade, location, revision)
    except asyncpg.PostgresError as error:
        msg = f"the schema could not be migrated: {error}. Nothing was changed."
        raise DatabaseProblem(msg) from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, location: Path, revision: str) -> Migrated:
    config = Config()
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    if before is not None and before not in known:
        msg = (
            f"the database is at revision {before}, which this locum does not know: it belongs to a newer locum, "
            f"or to another program such as Prefect's own server. Install the newer one, or give locum a database "
            f"of its own."
        )
        raise DatabaseProblem(msg)
    command.upgrade(config, revision)
    return Migrated(before, cast("str", MigrationContext.configure(connection).get_current_revision()))


def _tell(_connection: Any, message: Any) -> None:
    """What a migration could not do, and did without, is told in the log."""
    if message.severity == "WARNING":
        logger.warning(message.message)


def _for_sqlalchemy(url: str) -> str:
    # SQLAlchemy hands the query on as keyword arguments, where asyncpg calls the mode of TLS by another name.
    return url.replace("postgresql://", "postgresql+asyncpg://", 1).replace("sslmode=", "ssl=")

"""Prints the SQL that takes a migrated database to what the tables declare: the first draft of the next migration.

    make migration > src/locum/tables/migrations/versions/0002_what_it_does.sql

It is a draft: alembic sees neither renames nor data, and rebuilds nothing that can be changed in place.
"""

import asyncio
import io
import sys
from typing import Any, cast

from alembic.autogenerate import produce_migrations
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.operations import Operations
from alembic.operations.ops import OpContainer
from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, Column, Connection
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from locum.infra.migrations import upgrade
from locum.infra.settings import read_settings
from locum.tables import metadata
from locum.tables.migrations import LOCATION
from tests import databases

PARTITION = ("event_", "log_")


def is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Whether a thing found in the database is declared by us, rather than a partition or alembic's own table."""
    return not (kind == "table" and name is not None and (name.startswith(PARTITION) or name == "alembic_version"))


class Comparing(PostgresqlImpl):
    """Alembic's own, which asks the database whether two defaults are equal, which json cannot say.

    A function in its place (`compare_server_default=`) would be handed identity columns as well, and fails on them.
    """

    __dialect__ = "postgresql"

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the default that was found is another than the declared one."""
        defaults = (rendered_metadata_default, rendered_inspector_default)
        if isinstance(inspector_column.type, JSON) and not isinstance(inspector_column.type, JSONB):
            declared, found = ((default or "").removesuffix("::json").strip("'") for default in defaults)
            return declared != found
        theirs = cast("Any", super())
        return bool(theirs.compare_server_default(inspector_column, metadata_column, *defaults))


def compared(connection: Connection) -> MigrationContext:
    """A comparison of everything that alembic can compare."""
    options = {"include_object": is_ours, "compare_type": True, "compare_server_default": True}
    return MigrationContext.configure(connection, opts=options)


def draft(connection: Connection) -> str:
    """The SQL of the difference."""
    script = produce_migrations(compared(connection), metadata)
    buffer = io.StringIO()
    offline = MigrationContext.configure(
        dialect=PGDialect_asyncpg(), opts={"as_sql": True, "output_buffer": buffer, "target_metadata": metadata}
    )
    operations = Operations(offline)
    for container in script.upgrade_ops_list:
        _run(operations, container)
    return buffer.getvalue()


def _run(operations: Operations, container: OpContainer) -> None:
    for step in container.ops:
        if isinstance(step, OpContainer):
            _run(operations, step)
        else:
            operations.invoke(step)


async def main() -> None:
    """Migrate a database, compare, print, and drop it again."""
    server = databases.server()
    try:
        server.start()
        async with databases.database(server, None) as url:
            await upgrade(read_settings({}, directory=databases.CACHE), url, LOCATION)
            engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1))
            async with engine.connect() as connection:
                sys.stdout.write(await connection.run_sync(draft))
            await engine.dispose()
    finally:
        server.stop()


if __name__ == "__main__":
    asyncio.run(main())

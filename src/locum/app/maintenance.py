"""`locum database upgrade`, `reset` and `shell`."""

import asyncio
import subprocess
from collections.abc import Mapping
from typing import Any

from locum.app.database import migrate, opened
from locum.app.start import begin
from locum.infra.postgres import BINARIES
from locum.infra.revision import current_revision, drop_tables
from locum.tables import metadata
from locum.tables.migrations import HEAD


def upgrade_schema(overrides: Mapping[str, Any]) -> None:
    """Bring the schema up to date and say what was done."""
    settings = begin(overrides)
    with opened(settings) as database:
        before = asyncio.run(current_revision(database.url))
        migrate(settings, database.url)
    done = "is up to date at" if before == HEAD else f"went from {before or 'nothing'} to"
    print(f"locum: the schema {done} revision {HEAD}")  # noqa: T201 - for the terminal


def reset_schema(overrides: Mapping[str, Any]) -> None:
    """Drop every table of ours and build them anew; other tables of the database stay."""
    settings = begin(overrides)
    with opened(settings) as database:
        asyncio.run(drop_tables(database.url, [*metadata.tables, "alembic_version"]))
        migrate(settings, database.url)
    print(f"locum: the database is empty, at revision {HEAD}")  # noqa: T201 - for the terminal


def open_shell(overrides: Mapping[str, Any]) -> int:
    """Run psql, and return its exit code."""
    with opened(begin(overrides)) as database:
        return subprocess.run([str(BINARIES / "psql"), database.url], check=False).returncode  # noqa: S603 - our own program

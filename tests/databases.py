"""Databases for tests: one embedded PostgreSQL that test runs share, a migrated template in it, and clones of that.

The template is named for the migrations it was built by, so it is built when they change and at no other time. A clone
is named for the process it was made for; what a killed run left behind is dropped by the next.
"""

import asyncio
import fcntl
import hashlib
import itertools
import os
import re
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import asyncpg
from sqlalchemy import text

from locum.infra.db import Db, PoolOptions
from locum.infra.migrations import upgrade
from locum.infra.postgres import EmbeddedPostgres
from locum.infra.settings import read_settings
from locum.tables.migrations import LOCATION

CACHE = Path(__file__).parent.parent / ".cache" / "tests"

connect = cast("Any", asyncpg).connect  # asyncpg ships no types
_numbers = itertools.count()

_EMPTY = text("""
DO $$
DECLARE name text;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);  -- no foreign keys to obey
    FOR name IN
        SELECT relname FROM pg_class
        WHERE relkind IN ('r', 'p') AND NOT relispartition
          AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
""")


def server() -> EmbeddedPostgres:
    """The PostgreSQL of all test runs in this checkout; what it holds may be lost at any time."""
    return EmbeddedPostgres(CACHE / "postgres", durable=False)


@contextmanager
def home() -> Generator[Path]:
    """A directory for an embedded PostgreSQL of a test's own.

    Not pytest's: as root, the account that PostgreSQL runs as must pass, and each run of pytest shuts its folder anew.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="home-", dir=CACHE) as directory:
        yield Path(directory)


@contextmanager
def _only_one() -> Generator[None]:
    with (CACHE / "template.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


async def _administer(server: EmbeddedPostgres, *statements: str) -> list[Any]:
    connection = await connect(server.url("postgres"))
    try:
        return [await connection.fetch(statement) for statement in statements]
    finally:
        await connection.close()


def _template_name() -> str:
    digest = hashlib.sha256()
    for path in sorted(LOCATION.rglob("*")):
        if path.suffix in {".sql", ".py"}:
            digest.update(path.name.encode() + path.read_bytes())
    return f"template_{digest.hexdigest()[:16]}"


def template(server: EmbeddedPostgres) -> str:
    """The name of the migrated template, which is built if it is not there."""
    name = _template_name()
    with _only_one():
        asyncio.run(_build_template(server, name))
    return name


async def _build_template(server: EmbeddedPostgres, name: str) -> None:
    (found,) = await _administer(server, "SELECT datname FROM pg_database")
    names = [row["datname"] for row in found]
    for old in names:
        run = re.match(r"t(\d+)_", old)
        if (run and not _alive(int(run[1]))) or old == "being_made":
            await _administer(server, f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
    if name in names:
        return
    await _administer(server, "CREATE DATABASE being_made")
    settings = read_settings({}, directory=CACHE)
    await upgrade(settings, server.url("being_made"), LOCATION)
    await _administer(server, f'ALTER DATABASE being_made RENAME TO "{name}"')


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@asynccontextmanager
async def database(server: EmbeddedPostgres, source: str | None) -> AsyncGenerator[str]:
    """The URL of a database of one's own: a clone of `source`, or an empty one; dropped at the end."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    await _administer(server, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{source}"' if source else ""))
    try:
        yield server.url(name)
    finally:
        await _administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def pool(url: str, *, max_size: int = 10) -> AsyncGenerator[Db]:
    """An open pool on that database."""
    db = Db(PoolOptions(url=url, max_size=max_size))
    try:
        yield db
    finally:
        await db.close()


async def empty(db: Db) -> None:
    """Delete every row."""
    await db.run(_EMPTY)

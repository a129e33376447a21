"""Looks at the database before the server uses it: reachable, new enough, and there at all."""

import asyncio
import ssl
from typing import Any, cast

import asyncpg

from locum.infra.postgres.embedded import DATABASE, EmbeddedPostgres
from locum.infra.postgres.problems import DatabaseProblem
from locum.infra.postgres.urls import place_of

_connect = cast("Any", asyncpg).connect  # asyncpg ships no types

OLDEST = 14
"""The oldest major version of PostgreSQL that will do."""


async def check(url: str, *, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - handed on to the driver
    """Connect once. Raises DatabaseProblem with what to do."""
    where, user, name = place_of(url)
    try:
        connection = await _connect(url, timeout=timeout, statement_cache_size=0)
    except asyncpg.InvalidCatalogNameError as error:
        msg = f'there is no database "{name}" at {where}: make it with `createdb` or name another in the database URL.'
        raise DatabaseProblem(msg) from error
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        msg = f'PostgreSQL at {where} refused user "{user}": {_brief(error)}. Check the database URL.'
        raise DatabaseProblem(msg) from error
    except asyncpg.CannotConnectNowError as error:
        msg = f"PostgreSQL at {where} does not take connections yet: {_brief(error)}. Try again in a moment."
        raise DatabaseProblem(msg) from error
    except TimeoutError as error:
        msg = f"PostgreSQL at {where} did not answer within {timeout:g} s. Check the database URL and the network."
        raise DatabaseProblem(msg) from error
    except (asyncpg.InterfaceError, ssl.SSLError, ValueError) as error:
        msg = f"the database URL for {where} cannot be used: {_brief(error)}."
        raise DatabaseProblem(msg) from error
    except (OSError, asyncpg.PostgresError) as error:
        msg = f"cannot reach PostgreSQL at {where}: {_brief(error)}. Is it running? Check the database URL."
        raise DatabaseProblem(msg) from error
    try:
        version = connection.get_server_version()
    finally:
        await connection.close()
    if version.major < OLDEST:
        msg = f"PostgreSQL at {where} is version {version.major}.{version.minor}; locum needs {OLDEST} or later."
        raise DatabaseProblem(msg)


async def ensure_database(server: EmbeddedPostgres, name: str = DATABASE) -> str:
    """Make the database on the embedded PostgreSQL unless it exists, and return its URL."""
    url = server.url(name)
    while True:
        try:
            connection = await _connect(url, timeout=30)
        except asyncpg.InvalidCatalogNameError:
            await _create(server, name)
        except asyncpg.CannotConnectNowError:
            await asyncio.sleep(0.02)
        else:
            await connection.close()
            return url


async def _create(server: EmbeddedPostgres, name: str) -> None:
    connection = await _connect(server.url("postgres"), timeout=30)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        pass  # another locum was quicker
    finally:
        await connection.close()


def _brief(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    # A refusal by several addresses of one host comes as one line per address.
    return text.splitlines()[0].rstrip(".")

"""Names the database's failures in the domain's words, so that nothing above this floor knows asyncpg."""

from collections.abc import Generator
from contextlib import contextmanager

import asyncpg

from locum.domain.errors import Conflict, Invalid, Unavailable

RETRYABLE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""Failures after which the same transaction, begun anew, may well succeed."""

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
    OSError,
)


class UniqueConflict(Conflict):
    """A row with the same key exists; `constraint` is the index that said so."""

    def __init__(self, detail: str, constraint: str) -> None:
        """Keep which index it was."""
        super().__init__(detail)
        self.constraint = constraint


@contextmanager
def translated() -> Generator[None]:
    """Raise domain errors in place of asyncpg's; those in RETRYABLE pass, for the transaction's owner to handle."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        msg = "The data conflicts with what is stored: a unique or foreign key constraint was violated."
        raise UniqueConflict(msg, str(getattr(error, "constraint_name", None) or "")) from error
    except (asyncpg.DataError, asyncpg.exceptions.ProgramLimitExceededError) as error:
        msg = f"A value cannot be stored: {error}"
        raise Invalid(msg) from error
    except (asyncpg.QueryCanceledError, TimeoutError) as error:
        msg = "The database took too long."
        raise Unavailable(msg, retry_after=5) from error
    except _AWAY as error:
        msg = "The database is not available."
        raise Unavailable(msg, retry_after=1) from error

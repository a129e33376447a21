"""Names the database's failures in the domain's words, so that nothing above this floor knows asyncpg."""

import asyncpg
from asyncpg.exceptions._base import DataError as ClientDataError  # what the driver itself refuses to send

from locum.domain.errors import Conflict, Invalid, Unavailable

RETRYABLE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.CheckViolationError)
"""Failures after which the same transaction, begun anew, may well succeed.

No table has checks of its own: what is violated is the partition of a day that was attached to events or logs while the
row was on its way to another.
"""

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
    OSError,
)


_UNFIT = (asyncpg.DataError, ClientDataError, asyncpg.exceptions.ProgramLimitExceededError)


class UniqueConflict(Conflict):
    """A row with the same key exists; `constraint` is the index that said so."""

    def __init__(self, detail: str, constraint: str) -> None:
        """Keep which index it was."""
        super().__init__(detail)
        self.constraint = constraint


class _Translated:
    """A block whose asyncpg errors leave it as domain errors; a class, since a generator costs each statement more."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise the domain's error in place of asyncpg's."""
        if error is not None and (translation := _translation(error)) is not None:
            raise translation from error


_TRANSLATED = _Translated()


def translated() -> _Translated:
    """Raise domain errors in place of asyncpg's; those in RETRYABLE pass, for the transaction's owner to handle."""
    return _TRANSLATED


def unreachable() -> Unavailable:
    """What is raised while the database cannot be reached."""
    return Unavailable("The database is not available.", retry_after=1)


def _translation(error: BaseException) -> Exception | None:
    if isinstance(error, RETRYABLE):
        return None
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        msg = "The data conflicts with what is stored: a unique or foreign key constraint was violated."
        return UniqueConflict(msg, str(getattr(error, "constraint_name", None) or ""))
    if isinstance(error, _UNFIT):
        return Invalid(f"A value cannot be stored: {error}")
    if isinstance(error, (asyncpg.QueryCanceledError, TimeoutError)):
        return Unavailable("The database took too long.", retry_after=5)
    if isinstance(error, _AWAY):
        return unreachable()
    return None

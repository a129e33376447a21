"""Ids that sort by creation: UUIDv7, monotonic within a process."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

_BELOW_MILLISECONDS = 80


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()


def lowest_id_of(moment: datetime) -> UUID:
    """An id that sorts before every id made at this moment or later."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << _BELOW_MILLISECONDS)

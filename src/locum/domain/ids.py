"""Ids that sort by creation: UUIDv7, monotonic within a process."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()

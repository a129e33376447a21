"""The one place that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Something that tells the time, aware and in UTC; handed down so that tests can hold it still."""


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)

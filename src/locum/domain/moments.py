"""Moments as they come over the wire: always aware, always in UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

_FIRST = datetime.min.replace(microsecond=1, tzinfo=UTC)
_LAST = datetime.max.replace(microsecond=999_998, tzinfo=UTC)


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken to be in UTC already."""
    try:
        found = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        msg = "the moment is before the first year, or after the last, in UTC"
        raise ValueError(msg) from error
    # The database's driver takes the very first and last moment for infinities, which are no moments to answer with.
    return _FIRST if found < _FIRST else min(found, _LAST)


Moment = Annotated[datetime, AfterValidator(as_utc)]
"""The type of every date-time field of a wire model."""

"""Moments as they come over the wire: always aware, always in UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken to be in UTC already."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        msg = "the moment is before the first year, or after the last, in UTC"
        raise ValueError(msg) from error


Moment = Annotated[datetime, AfterValidator(as_utc)]
"""The type of every date-time field of a wire model."""

"""Lengths of time as automations write them: seconds or ISO 8601, answered in seconds."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

_SECONDS = {"type": "number"}
_ISO = {"type": "string", "format": "duration"}


def _not_negative(span: timedelta, info: ValidationInfo) -> timedelta:
    if span < timedelta(0):
        msg = f"{info.field_name} must be non-negative"
        raise ValueError(msg)
    return span


Span = Annotated[
    timedelta,
    WithJsonSchema({"anyOf": [_SECONDS, _ISO]}, mode="validation"),
    WithJsonSchema(_SECONDS, mode="serialization"),
]
"""A length of time, which may be negative."""

NonNegativeSpan = Annotated[
    timedelta,
    AfterValidator(_not_negative),
    WithJsonSchema({"anyOf": [{**_SECONDS, "minimum": 0}, _ISO]}, mode="validation"),
    WithJsonSchema({**_SECONDS, "minimum": 0}, mode="serialization"),
]
"""A length of time from none on."""

"""Types of wire fields that many resources share: names and labels."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt


def _not_blank(value: Any) -> Any:
    """Refuse text of nothing but quotes and blanks."""
    if isinstance(value, str) and not value.strip("' \""):
        msg = "name cannot be an empty string"
        raise ValueError(msg)
    return value


def _nothing_as_empty(value: Any) -> Any:
    return {} if value is None else value


Name = Annotated[str, Field(pattern=r"^[^/%&><]+$")]
"""A name that may stand in a path: not empty, none of `/ % & > <`."""

FilledName = Annotated[str, Field(pattern=r"^[^/%&><]+$"), BeforeValidator(_not_blank)]
"""A name that also holds more than quotes and blanks."""

Labels = Annotated[dict[str, StrictBool | StrictInt | StrictFloat | str], BeforeValidator(_nothing_as_empty)]
"""Labels: text to text, number or boolean; null reads as none."""

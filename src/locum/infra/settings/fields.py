"""How a setting is declared: its group, the further names it is known by, and whether it is an extension of ours."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Group(BaseModel):
    """Settings that belong together; the names of its fields are part of the names of the variables."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True)
class Also:
    """Further names of the same variable: those that older releases of the peer read."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)


@dataclass(frozen=True)
class Ours:
    """Marks a setting that the peer does not have: read as `LOCUM_*` only, and not published."""


OURS = Ours()


def _as_span(value: Any) -> Any:
    # Variables hold seconds; pydantic by itself reads a bare number in a string as nothing at all.
    if isinstance(value, str):
        try:
            return timedelta(seconds=float(value))
        except ValueError:
            return value
    return value


Span = Annotated[timedelta, BeforeValidator(_as_span)]
"""A length of time: seconds, `HH:MM:SS` or ISO 8601."""


def _as_list(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""Several names: in a variable, with commas between them."""


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


AS_JSON = BeforeValidator(_from_json)
"""A structure: in a variable, written as JSON."""


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


Blank = BeforeValidator(_none_if_empty)
"""A variable set to nothing counts as not set."""

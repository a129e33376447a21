"""Refuses triggers beyond the limits before anything else is looked at: what is wrong is told anew at every level."""

from collections.abc import Iterator
from typing import Any, cast

from pydantic import ValidationInfo

from locum.domain.errors import Invalid
from locum.infra.settings import Settings


def require_few(trigger: Any, info: ValidationInfo) -> Any:
    """The trigger as it came. Raises Invalid where it is more than the server that reads it allows."""
    if isinstance(info.context, Settings):
        limits = info.context.automations
        depths = list(_depths(trigger))
        require(len(depths), limits.max_triggers, "triggers")
        require(max(depths), limits.max_trigger_depth, "triggers within one another")
    return trigger


def require(number: int, limit: int, what: str) -> None:
    """Raises Invalid where there are more than the limit."""
    if number > limit:
        raise Invalid(f"An automation may have {limit} {what} at most, not {number}.")


def _depths(trigger: Any) -> Iterator[int]:
    """The depth of a trigger and of each within, whatever else they are."""
    waiting = [(trigger, 1)]
    while waiting:
        one, depth = waiting.pop()
        yield depth
        inner = cast("dict[str, Any]", one).get("triggers") if isinstance(one, dict) else None
        if isinstance(inner, list):
            waiting += ((each, depth + 1) for each in cast("list[Any]", inner))

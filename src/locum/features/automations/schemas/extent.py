"""Refuses definitions beyond the limits before anything else is looked at.

What is wrong with a trigger is told anew by every one around it, and each template is read: both take time.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from locum.domain.errors import Invalid
from locum.infra.db import dump_json
from locum.infra.settings.server import AutomationsSettings

ACTIONS = ("actions", "actions_on_trigger", "actions_on_resolve")
"""The fields that hold actions."""


def require_few(given: Mapping[str, Any], limits: AutomationsSettings) -> None:
    """Raises Invalid where a definition, as it came, is more than the server allows."""
    trigger, actions = given.get("trigger"), {name: given.get(name) for name in ACTIONS}
    depths = list(_depths(trigger))
    _require(len(depths), limits.max_triggers, "triggers")
    _require(max(depths), limits.max_trigger_depth, "triggers within one another")
    _require(sum(map(_length, actions.values())), limits.max_actions, "actions")
    size = len(dump_json({"trigger": trigger, **actions}).encode())
    _require(size, limits.max_size_bytes, "bytes of JSON")


def _require(number: int, limit: int, what: str) -> None:
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


def _length(actions: Any) -> int:
    return len(cast("list[Any]", actions)) if isinstance(actions, list) else 0

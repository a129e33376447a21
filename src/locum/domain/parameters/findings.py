"""What a value was found to lack against a schema, and which of several findings to tell."""

import heapq
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

_PLAIN = re.compile(r"^[a-zA-Z][a-zA-Z0-9_]*$")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, by which keyword, and in words, made only when told since values may be large.

    `context` holds what is wrong with each alternative that was tried.
    """

    keyword: str
    words: Callable[[], str]
    path: tuple[str | int, ...]
    typed: bool
    context: Sequence["Finding"] = field(default=())

    @property
    def place(self) -> str:
        """The path as JSONPath: `$.list[0].name`."""
        text = "$"
        for part in self.path:
            if isinstance(part, int):
                text += f"[{part}]"
            elif _PLAIN.match(part):
                text += f".{part}"
            else:
                escaped = part.replace("\\", "\\\\").replace("'", "\\'")
                text += f"['{escaped}']"
        return text


def _rank(finding: Finding, depth: int) -> tuple[Any, ...]:
    """The higher, the more telling: near the root, early, no mere list of alternatives."""
    path = tuple((isinstance(part, str), part) for part in finding.path[depth:])
    return -len(path), path, finding.keyword not in {"anyOf", "oneOf"}, not finding.typed


def most_telling(findings: Sequence[Finding]) -> Finding | None:
    """The finding to tell; among alternatives, the one of which a value came closest."""
    if not findings:
        return None
    best = max(findings, key=lambda one: _rank(one, 0))
    while best.context:
        depth = len(best.path)
        ranks = heapq.nsmallest(2, (_rank(one, depth) for one in best.context))
        if len(ranks) > 1 and ranks[0] == ranks[1]:
            break
        best = min(best.context, key=lambda one: _rank(one, depth))
    return best


def is_type(value: Any, name: Any) -> bool:
    """Whether a JSON value is of a type; a number without fraction is an integer."""
    match name:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "integer":
            if isinstance(value, bool):
                return False
            return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        case _:
            return False


def as_object(value: Any) -> dict[str, Any] | None:
    """The value if it is an object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_array(value: Any) -> list[Any] | None:
    """The value if it is an array."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if (items := as_array(one)) is not None and (others := as_array(other)) is not None:
        return len(items) == len(others) and all(same(a, b) for a, b in zip(items, others, strict=True))
    if (parts := as_object(one)) is not None and (pieces := as_object(other)) is not None:
        return parts.keys() == pieces.keys() and all(same(value, pieces[key]) for key, value in parts.items())
    return bool(one == other)

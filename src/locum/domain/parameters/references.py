"""Looks up what a `$ref` names, within the same schema only: nothing is ever fetched."""

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import unquote

_LOOKED_AT = 5_000


class Unresolvable(Exception):
    """A reference names nothing in the schema."""


def resolve(root: Any, reference: str) -> Any:
    """The part of the schema that the reference names. Raises Unresolvable."""
    base, _, fragment = reference.partition("#")
    if base and not (isinstance(root, dict) and cast("dict[str, Any]", root).get("$id") == base):
        raise Unresolvable(f"Unresolvable: {reference}")
    if not fragment:
        return cast("Any", root)
    if not fragment.startswith("/"):
        return _anchored(root, fragment)
    found = cast("Any", root)
    for step in unquote(fragment).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(name) if isinstance(found, list) else name]
        except (KeyError, IndexError, TypeError, ValueError):
            raise Unresolvable(f"PointerToNowhere: '{fragment}' does not exist within {root!r}") from None
    return found


def _anchored(root: Any, name: str) -> Any:
    for part in _parts(root):
        if name in (part.get("$anchor"), part.get("$dynamicAnchor")):
            return part
    raise Unresolvable(f"NoSuchAnchor: '{name}' does not exist within {root!r}")


def _parts(root: Any) -> Iterator[dict[str, Any]]:
    waiting = [root]
    for _ in range(_LOOKED_AT):
        if not waiting:
            return
        part = waiting.pop()
        if isinstance(part, dict):
            mapping = cast("dict[str, Any]", part)
            yield mapping
            waiting += mapping.values()
        elif isinstance(part, list):
            waiting += cast("list[Any]", part)

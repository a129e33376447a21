"""Bodies in which everything is wrong, made from the peer's document, so that an answer names all faults at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from compat.twin.contract import PREFIX, Operation, contract
from compat.twin.making import NOBODY

DEEP = 6
NOTHING = object()
"""What stands for a value where none is wrong."""


def _plain(schema: dict[str, Any], deep: bool) -> Any:
    """A value of the wrong type; `deep` chooses between two of them."""
    match schema.get("type"):
        case "string":
            return 1.5 if deep and "format" not in schema else {}
        case "object":
            return "text" if deep else []
        case "array":
            return {} if deep else "text"
        case "integer" | "number" | "boolean":
            return "text" if deep else []
        case _:
            return NOTHING


def _wrong(schema: dict[str, Any], depth: int) -> Any:
    """A value with as many faults in it as the schema has places for, down to that depth."""
    if "$ref" in schema:
        return _wrong(contract().schemas[schema["$ref"].removeprefix(PREFIX)], depth)
    options = [o for key in ("anyOf", "oneOf", "allOf") for o in schema.get(key, ()) if o.get("type") != "null"]
    if options:
        return _wrong(options[0], depth)
    if "enum" in schema or "const" in schema:
        return "no such choice" if depth else []
    if not depth:
        return _plain(schema, deep=False)
    if "properties" in schema:
        inner = {name: _wrong(part, depth - 1) for name, part in schema["properties"].items()}
        return {"surprise": 1, **{name: value for name, value in inner.items() if value is not NOTHING}}
    if schema.get("type") == "array" and "items" in schema:
        item = _wrong(schema["items"], depth - 1)
        return {} if item is NOTHING else [item]
    return _plain(schema, deep=True)


def _fields(operation: Operation) -> dict[str, Any]:
    return operation.body.get("properties", {})


def bodies(operation: Operation) -> Iterator[Any]:
    """What the operation refuses: no object, each field with a value of the wrong type, and faults further down."""
    if not operation.body:
        return
    yield [] if operation.body.get("type") == "object" else {}
    for depth in (1, DEEP):
        wrong = _wrong(operation.body, depth)
        if wrong not in (NOTHING, {}, []):
            yield wrong
    if operation.variables or operation.body.get("required"):
        yield dict.fromkeys(_fields(operation))


def path(operation: Operation) -> str:
    """The operation's path, of something that nobody has made."""
    return re.sub(r"\{(\w+)\}", lambda m: "nobody" if "name" in m[1] else NOBODY, operation.name.split(" ")[1])

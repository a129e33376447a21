"""The fields of a block schema: their checksum, and the definitions that they refer to.

A definition with a `block_type_slug` is a block of its own, kept once and referred to; others stay with the schema.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

Json = dict[str, Any]

_PREFIX = "#/definitions/"


def checksum(fields: Json) -> str:
    """What tells schemas apart, as clients work it out too: not by which fields are secret, nor by nested blocks."""
    told = _without_secrets(fields)
    if told.get("definitions"):
        own = own_definitions(told, told["definitions"])
        if own:
            told["definitions"] = own
        else:
            told.pop("definitions")
    text = json.dumps([[told], {}], sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def own_definitions(part: Any, definitions: Mapping[str, Any]) -> Json:
    """The definitions that a part refers to, directly or through one another, and that are no blocks."""
    found: Json = {}
    waiting = [part]
    while waiting:
        for reference in references(waiting.pop()):
            name = reference.replace(_PREFIX, "")
            definition = definitions.get(name)
            if name in found or not isinstance(definition, dict):
                continue
            known = cast("Json", definition)
            if known and known.get("block_type_slug") is None:
                found[name] = known
                waiting.append(known)
    return found


def nested_fields(fields: Json, definitions: Mapping[str, Any], name: str, slug: str) -> Json | None:
    """The definition of the block of that type that a field holds; None where there is none."""
    properties = fields.get("properties")
    if not isinstance(properties, dict):
        return None
    named = [definitions.get(each.replace(_PREFIX, "")) for each in references(cast("Json", properties).get(name))]
    candidates = [cast("Json", each) for each in named if isinstance(each, dict)]
    if len(candidates) == 1:
        return candidates[0]
    return next((each for each in candidates if each.get("block_type_slug") == slug), None)


def references(part: Any) -> Iterator[str]:
    """Every `$ref` within."""
    if isinstance(part, dict):
        inner = cast("Json", part)
        reference = inner.get("$ref")
        if isinstance(reference, str) and reference:
            yield reference
        for value in inner.values():
            yield from references(value)
    elif isinstance(part, list):
        for item in cast("list[Any]", part):
            yield from references(item)


def _without_secrets(part: Any) -> Any:
    """The same without any `secret_fields`, lists left as they are."""
    if not isinstance(part, dict):
        return part
    inner = cast("Json", part)
    return {name: _without_secrets(value) for name, value in inner.items() if name != "secret_fields"}

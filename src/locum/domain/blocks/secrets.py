"""What is hidden of a block document, and how hidden values that come back are told from new ones."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

HIDDEN = "********"

Json = dict[str, Any]
Path = tuple[str, ...]


def hide(data: Json, secret_fields: Iterable[str]) -> Json:
    """The data with the values of secret fields hidden; `a.*` names everything below `a`."""
    flat = dict(_flattened(data))
    for path in _paths(secret_fields):
        if flat.get(path) is not None:
            flat[path] = HIDDEN
        elif "*" in path:
            above = path[: path.index("*")]
            for place in flat:
                if place[: len(above)] == above:
                    flat[place] = HIDDEN
    return _nested(flat)


def keep_hidden(data: Json, current: Json, secret_fields: Iterable[str]) -> Json:
    """The data with hidden values, which somebody read and sent back, replaced by the current ones."""
    flat, known = dict(_flattened(data)), dict(_flattened(current))
    for path in _paths(secret_fields):
        if known.get(path) is not None:
            if flat.get(path) == HIDDEN:
                flat[path] = known[path]
        elif "*" in path:
            above = path[: path.index("*")]
            for place, value in flat.items():
                if place[: len(above)] == above and value == HIDDEN and place in known:
                    flat[place] = known[place]
    return _nested(flat)


def plain_texts(data: Json, secret_fields: Iterable[str]) -> Json:
    """The values that may be told to everybody: texts that are not secret."""
    secret = set(secret_fields)
    return {name: value for name, value in data.items() if name not in secret and isinstance(value, str)}


def told_secret(secret_fields: Any) -> list[str]:
    """The names of secret fields that a schema tells; clients write schemas, so it may tell anything."""
    if not isinstance(secret_fields, list):
        return []
    return [name for name in cast("list[Any]", secret_fields) if isinstance(name, str)]


def _paths(secret_fields: Iterable[str]) -> Iterator[Path]:
    return (tuple(name.split(".")) for name in secret_fields)


def _flattened(data: Json, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from _flattened(cast("Json", value), (*above, name))
        else:
            yield (*above, name), value


def _nested(flat: Mapping[Path, Any]) -> Json:
    data: Json = {}
    for path, value in flat.items():
        inner = data
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = value
    return data

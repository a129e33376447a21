"""Finds the operation of a method and path: fixed paths by one look-up, others by one per arrangement of parameters."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from locum.infra.web.operation import Operation

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")

Found = tuple[Operation | None, Mapping[str, str], list[str]]
"""An operation with its path arguments, or None with the methods that the path does take."""

_NO_PATH: Mapping[str, str] = {}


@dataclass
class _Template:
    """A path with parameters, and the operations on it by method."""

    names: tuple[tuple[int, str], ...]
    uuids: frozenset[str]
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])


@dataclass
class _Arrangement:
    """All paths whose fixed segments stand in the same places; with `greedy`, the last parameter takes the rest."""

    fixed: tuple[int, ...]
    greedy: bool
    templates: dict[object, list[_Template]] = field(default_factory=dict[object, list[_Template]])

    def __post_init__(self) -> None:
        self.key: Callable[[list[str]], object] = itemgetter(*self.fixed) if self.fixed else _nothing


def _nothing(segments: list[str]) -> object:
    return None


class Routes:
    """The table of all operations; a trailing slash makes no difference."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Raises ValueError where two operations have the same method and path."""
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._by_length: dict[int, list[_Arrangement]] = {}
        self._greedy: dict[int, list[_Arrangement]] = {}
        for operation in operations:
            self._add(operation)

    def find(self, method: str, path: str) -> Found:
        """The match of one request: operation and path arguments, or None and the methods allowed instead."""
        if path[-1:] == "/":
            path = path[:-1]
        allowed: list[str] = []
        operations = self._fixed.get(path)
        if operations is not None:
            operation = operations.get(method)
            if operation is not None:
                return operation, _NO_PATH, allowed
            allowed += operations
        segments = path.split("/")
        for arrangement in self._by_length.get(len(segments), ()):
            operation, found = _match(arrangement, segments, method, allowed)
            if operation is not None:
                return operation, found, allowed
        for length, arrangements in self._greedy.items():
            if len(segments) >= length:
                joined = [*segments[: length - 1], "/".join(segments[length - 1 :])]
                for arrangement in arrangements:
                    operation, found = _match(arrangement, joined, method, allowed)
                    if operation is not None:
                        return operation, found, allowed
        return None, _NO_PATH, allowed

    def _add(self, operation: Operation) -> None:
        path = operation.path.rstrip("/")
        table = self._template(path, operation).operations if operation.path_names else self._fixed.setdefault(path, {})
        if operation.method in table:
            msg = f"{operation.method} {path} is listed twice"
            raise ValueError(msg)
        table[operation.method] = operation

    def _template(self, path: str, operation: Operation) -> _Template:
        segments = path.split("/")
        greedy = segments[-1].endswith(":path}")
        fixed = tuple(place for place, segment in enumerate(segments) if not segment.startswith("{"))
        arrangements = (self._greedy if greedy else self._by_length).setdefault(len(segments), [])
        arrangement = next((known for known in arrangements if known.fixed == fixed), None)
        if arrangement is None:
            arrangement = _Arrangement(fixed, greedy)
            arrangements.append(arrangement)
            # fixed text is the closer match, so it is compared before a parameter in the same place
            arrangements.sort(key=lambda known: [place not in known.fixed for place in range(len(segments))])
        names = tuple(
            (place, segment.strip("{}").removesuffix(":path"))
            for place, segment in enumerate(segments)
            if place not in fixed
        )
        templates = arrangement.templates.setdefault(arrangement.key(segments), [])
        for known in templates:
            if known.names == names and known.uuids == operation.uuid_names:
                return known
        template = _Template(names, operation.uuid_names)
        templates.append(template)
        return template


def _match(
    arrangement: _Arrangement, segments: list[str], method: str, allowed: list[str]
) -> tuple[Operation | None, Mapping[str, str]]:
    for template in arrangement.templates.get(arrangement.key(segments), ()):
        found = {name: segments[place] for place, name in template.names}
        if not all(found.values()) or not all(_UUID.fullmatch(found[name]) for name in template.uuids):
            continue
        operation = template.operations.get(method)
        if operation is not None:
            return operation, found
        allowed += template.operations
    return None, _NO_PATH

"""Finds the operation of a method and path: fixed paths by one look-up, the others by comparing segments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from locum.infra.web.operation import Operation


@dataclass(frozen=True)
class _Template:
    """A path with parameters: fixed text or None per segment; the last takes the rest where `greedy`."""

    fixed: tuple[str | None, ...]
    names: tuple[str | None, ...]
    greedy: bool
    operations: dict[str, Operation]

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The parameters, if the segments fit."""
        if self.greedy:
            if len(segments) < len(self.fixed):
                return None
            last = len(self.fixed) - 1
            segments = [*segments[:last], "/".join(segments[last:])]
        found: dict[str, str] = {}
        for fixed, name, segment in zip(self.fixed, self.names, segments, strict=True):
            if fixed is not None:
                if fixed != segment:
                    return None
            elif segment and name is not None:
                found[name] = segment
            else:
                return None
        return found


@dataclass(frozen=True)
class Match:
    """What a method and path lead to: an operation with its path arguments, or the methods that the path does take."""

    operation: Operation | None
    path: Mapping[str, str]
    allowed: list[str]


class Routes:
    """The table of all operations; a trailing slash makes no difference."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Raises ValueError where two operations have the same method and path."""
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._by_length: dict[int, list[_Template]] = {}
        self._greedy: list[_Template] = []
        for operation in operations:
            self._add(operation)

    def find(self, method: str, path: str) -> Match:
        """The match of one request; its `operation` is None for an unknown path (`allowed` empty) or method."""
        path = path.rstrip("/") or "/"
        allowed: list[str] = []
        if (operations := self._fixed.get(path)) is not None:
            if (operation := operations.get(method)) is not None:
                return Match(operation, {}, allowed)
            allowed += operations
        segments = path.split("/")[1:]
        for template in [*self._by_length.get(len(segments), ()), *self._greedy]:
            found = template.match(segments)
            if found is None:
                continue
            operation = template.operations.get(method)
            some = operation or next(iter(template.operations.values()))
            if not all(_is_uuid(found[name]) for name in some.uuid_names):
                continue
            if operation is not None:
                return Match(operation, found, allowed)
            allowed += template.operations
        return Match(None, {}, allowed)

    def _add(self, operation: Operation) -> None:
        path = operation.path.rstrip("/") or "/"
        if not operation.path_names:
            table = self._fixed.setdefault(path, {})
        else:
            table = self._template(path).operations
        if operation.method in table:
            msg = f"{operation.method} {path} is listed twice"
            raise ValueError(msg)
        table[operation.method] = operation

    def _template(self, path: str) -> _Template:
        segments = path.split("/")[1:]
        greedy = segments[-1].endswith(":path}")
        fixed = tuple(None if segment.startswith("{") else segment for segment in segments)
        names = tuple(s.strip("{}").removesuffix(":path") if s.startswith("{") else None for s in segments)
        templates = self._greedy if greedy else self._by_length.setdefault(len(segments), [])
        for template in templates:
            if template.fixed == fixed and template.names == names:
                return template
        made = _Template(fixed, names, greedy, {})
        templates.append(made)
        # fixed text is the closer match, so it is compared before a parameter in the same place
        templates.sort(key=lambda t: tuple(part is None for part in t.fixed))
        return made


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

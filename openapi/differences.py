"""Prints what our document lacks or adds against the peer's: `python -m openapi.differences [--tag T] [--strict]`."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from openapi.structure import Node, read, structure

HERE = Path(__file__).parent
_PREFIX = "#/components/schemas/"
_ABSENT = object()
_SHOWN = 160
_NAMES = 4
_DELIBERATE = {
    ("HTTPValidationError", "properties.detail"): "the peer answers with text, too, where a rule is broken",
}
"""By component and place: where our document tells more of the truth than the peer's, and why."""

_UNORDERED = {"anyOf", "oneOf", "allOf", "enum", "required", "tags"}


@dataclass
class Report:
    """Differences by operation and by component; each is a line to read."""

    missing: list[str] = field(default_factory=list[str])
    extra: list[str] = field(default_factory=list[str])
    operations: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    components: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    missing_components: list[str] = field(default_factory=list[str])
    extra_components: list[str] = field(default_factory=list[str])
    deliberate: list[str] = field(default_factory=list[str])
    same: list[str] = field(default_factory=list[str])

    @property
    def clean(self) -> bool:
        """Whether nothing differs, except that ours may have more."""
        return not (self.missing or self.operations or self.components or self.missing_components)

    def lines(self) -> Iterator[str]:
        """The report, a line at a time."""
        yield from (f"missing  {name}" for name in self.missing)
        yield from (f"extra    {name}" for name in self.extra)
        for kind, found in (("operation", self.operations), ("component", self.components)):
            for name, problems in sorted(found.items()):
                yield f"{kind} {name}"
                yield from (f"    {problem}" for problem in problems)
        yield from (f"deliberate {line}" for line in self.deliberate)
        yield from (f"missing component {name}" for name in self.missing_components)
        yield from (f"extra component {name}" for name in self.extra_components)
        yield (
            f"{len(self.same)} operations are the same, {len(self.operations)} differ, {len(self.missing)} missing, "
            f"{len(self.extra)} extra; {len(self.components)} components differ, "
            f"{len(self.missing_components)} missing, {len(self.extra_components)} extra"
        )


def compare(ours: Node, peers: Node, tags: set[str] | None = None) -> Report:
    """What differs in the operations of those tags (of all, where None) and in the components that they reach.

    References are compared by name, since names are part of the contract, and every component once. An operation counts
    as the same when neither it nor any component that it reaches differs.
    """
    report = Report()
    mine, theirs = _operations(ours), _operations(peers)
    my_schemas, their_schemas = ours["components"]["schemas"], peers["components"]["schemas"]
    wanted = {name: o for name, o in theirs.items() if tags is None or tags & set(o.get("tags", []))}
    reached: dict[str, set[str]] = {name: _reached(o, their_schemas) for name, o in wanted.items()}
    for component in sorted(set[str]().union(*(reached[name] for name in wanted if name in mine))):
        if component not in my_schemas:
            report.missing_components.append(component)
        else:
            lines = list(_differences(my_schemas[component], their_schemas[component], ""))
            meant = [why for (name, _), why in _DELIBERATE.items() if name == component]
            if lines and all(_meant(component, line) for line in lines):
                report.deliberate += [f"{component}: {why}" for why in meant]
            elif lines:
                report.components[component] = lines
    astray = report.components.keys() | set(report.missing_components)
    for name, operation in wanted.items():
        if name not in mine:
            report.missing.append(name)
            continue
        lines = list(_differences(_keyed(mine[name]), _keyed(operation), ""))
        if through := sorted(reached[name] & astray):
            lines.append(
                f"through {len(through)} components: {', '.join(through[:_NAMES])}{' ...' * (len(through) > _NAMES)}"
            )
        if lines:
            report.operations[name] = lines
        else:
            report.same.append(name)
    if tags is None:
        report.extra = sorted(mine.keys() - theirs.keys())
        report.extra_components = sorted(my_schemas.keys() - their_schemas.keys())
    return report


def _meant(component: str, line: str) -> bool:
    return any(name == component and line.startswith(place) for name, place in _DELIBERATE)


def _operations(document: Node) -> dict[str, Node]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def _keyed(operation: Node) -> Node:
    """The operation with its parameters by place and name: their order means nothing."""
    return {**operation, "parameters": {f"{p['in']} {p['name']}": p for p in operation["parameters"]}}


def _reached(node: Any, schemas: Node) -> set[str]:
    """Names of all components that a part of the document refers to, directly or through others."""
    found: set[str] = set()
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, list):
            todo += cast("list[Any]", part)
        elif isinstance(part, dict):
            values = cast("Node", part)
            reference = values.get("$ref")
            if isinstance(reference, str) and (name := reference.removeprefix(_PREFIX)) not in found:
                found.add(name)
                todo.append(schemas[name])
            todo += values.values()
    return found


def _differences(mine: Any, theirs: Any, where: str) -> Iterator[str]:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        ours, peers = cast("Node", mine), cast("Node", theirs)
        for key in sorted(ours.keys() | peers.keys()):
            inside = f"{where}.{key}" if where else key
            one, other = ours.get(key, _ABSENT), peers.get(key, _ABSENT)
            if key in _UNORDERED and isinstance(one, list) and isinstance(other, list):
                one, other = _sorted(cast("list[Any]", one)), _sorted(cast("list[Any]", other))
            yield from _differences(one, other, inside)
    elif (
        isinstance(mine, list)
        and isinstance(theirs, list)
        and len(cast("list[Any]", mine)) == len(cast("list[Any]", theirs))
    ):
        for number, (one, other) in enumerate(zip(cast("list[Any]", mine), cast("list[Any]", theirs), strict=True)):
            yield from _differences(one, other, f"{where}[{number}]")
    elif (
        mine is _ABSENT or theirs is _ABSENT or mine != theirs or isinstance(mine, bool) is not isinstance(theirs, bool)
    ):
        yield f"{where or '(whole)'}: ours {_shown(mine)}, peer {_shown(theirs)}"


def _sorted(parts: list[Any]) -> list[Any]:
    return sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def main() -> None:
    """Compare two documents and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", default=str(HERE / "locum.json"), help="file or address of our document")
    parser.add_argument("--peer", default=str(HERE / "peer-3.9.1.json"), help="file or address of the peer's")
    parser.add_argument("--tag", action="append", help="only the operations of this tag; may be repeated")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where anything differs")
    arguments = parser.parse_args()
    report = compare(
        structure(read(arguments.ours)), structure(read(arguments.peer)), set(arguments.tag) if arguments.tag else None
    )
    sys.stdout.writelines(f"{line}\n" for line in report.lines())
    if arguments.strict and not report.clean:
        sys.exit(1)


if __name__ == "__main__":
    main()

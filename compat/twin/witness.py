"""What one case has tried of the peer's contract, as both servers answered it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from compat.twin.contract import Contract, Operation
from compat.twin.recorder import Step

OK = range(200, 300)
TWO = 2


@dataclass
class Witness:
    """Answers by operation, and the filters and orders that are proven to do something."""

    answers: set[tuple[str, int]] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    """What was in use while something was found (of orders: while there were two to be put in order)."""
    spared: set[str] = field(default_factory=set)
    """What was in use while less was found than the same operation finds elsewhere in the case."""

    def add(self, other: Witness) -> None:
        """Takes over what another has seen."""
        self.answers |= other.answers
        self.found |= other.found
        self.spared |= other.spared

    def report(self) -> list[Any]:
        """All of it in plain lists, to be sent between processes."""
        return [sorted(map(list, self.answers)), sorted(self.found), sorted(self.spared)]

    @classmethod
    def of(cls, report: list[Any]) -> Witness:
        """Reads such lists."""
        answers, found, spared = report
        return cls({(name, status) for name, status in answers}, set(found), set(spared))


def _weight(item: Any) -> int:
    """How much one item of a list stands for: a part of a chart for the runs in it, anything else for itself."""
    match item:
        case {"states": list(states)}:
            return sum(state["count_runs"] for state in states)
        case {"completed": int(completed), "failed": int(failed)}:
            return completed + failed
        case _:
            return 1


def _size(body: Any) -> int | None:
    """How many things an answer tells of; None where it does not say."""
    match body:
        case bool():
            return None
        case int():
            return body
        case list(items) | {"results": list(items)} | {"events": list(items)} | {"deleted": list(items)}:
            return sum(map(_weight, items))
        case {"completed": int(), "failed": int()}:
            return _weight(body)
        case _:
            return None


def _input(step: Step) -> dict[str, Any]:
    query = dict(parse_qsl(urlsplit(step.path).query))
    return {**query, **step.sent} if isinstance(step.sent, dict) else query


def _filters(contract: Contract, operation: Operation, given: dict[str, Any]) -> Iterator[str]:
    for name, component in operation.filters.items():
        used = set(contract.used(component, given.get(name)))
        yield from used
        if used:
            yield f"{operation.name} {name}"


def _orders(operation: Operation, given: dict[str, Any]) -> Iterator[str]:
    return (f"{operation.name} {name} {given[name]}" for name in operation.sorts if name in given)


def witness(contract: Contract, steps: Iterable[tuple[Step, Step]]) -> Witness:
    """What the two recordings of a case show, locum's step first; steps that were answered differently show nothing."""
    seen = Witness()
    sizes: dict[str, list[tuple[int, set[str]]]] = defaultdict(list)
    for ours, theirs in steps:
        operation = contract.operation(theirs.method, theirs.path)
        if operation is None or ours.answer.status != theirs.answer.status:
            continue
        seen.answers.add((operation.name, theirs.answer.status))
        if theirs.answer.status not in OK:
            continue
        given = _input(theirs)
        filters, orders = set(_filters(contract, operation, given)), set(_orders(operation, given))
        size = _size(theirs.answer.body)
        if size is None:
            # Its answer is no list, so that only the comparison can tell whether they do anything.
            seen.found |= filters | orders
            seen.spared |= filters
            continue
        sizes[operation.name].append((size, filters))
        if size:
            seen.found |= filters
        if size >= TWO:
            seen.found |= orders
    for answers in sizes.values():
        most = max(size for size, _ in answers)
        seen.spared.update(name for size, filters in answers if size < most for name in filters)
    return seen

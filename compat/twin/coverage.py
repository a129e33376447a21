"""Judges whether the twin has tried the whole contract, and prints the count at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest

from compat.twin.contract import Contract, Operation, contract
from compat.twin.excuses import EXCUSES, FURTHER
from compat.twin.registry import cases
from compat.twin.witness import OK, Witness

SEEN = "twin-seen"
REFUSED = range(400, 500)
UNKNOWN, INVALID = 404, 422


@dataclass(frozen=True)
class Item:
    """One thing to be tried: what the count says it is, its own name, and whether it was."""

    kind: str
    name: str
    tried: bool


def _kinds_of_refusal(operation: Operation) -> set[int]:
    kinds = set(FURTHER.get(operation.name, ()))
    if operation.variables:
        kinds.add(UNKNOWN)
    if operation.body or operation.query:
        kinds.add(INVALID)
    return kinds


def items(whole: Contract, seen: Witness) -> Iterator[Item]:
    """Everything that the contract offers to be tried, in the order in which it is counted."""
    fields: set[str] = set()
    for operation in whole.operations:
        name = operation.name
        statuses = {status for answered, status in seen.answers if answered == name}
        yield Item("operations with a success", name, any(s in OK for s in statuses))
        yield Item("operations with a failure", name, any(s in REFUSED for s in statuses))
        for kind in sorted(_kinds_of_refusal(operation)):
            yield Item(f"operations with {kind}", name, kind in statuses)
        for part, component in operation.filters.items():
            one = f"{name} {part}"
            yield Item("filters of operations", one, one in seen.found and one in seen.spared)
            fields.update(whole.fields(component))
        for part, values in operation.sorts.items():
            for value in values:
                yield Item("sorts", f"{name} {part} {value}", f"{name} {part} {value}" in seen.found)
    for one in sorted(fields):
        yield Item("filter fields", one, one in seen.found and one in seen.spared)


def _excused(item: Item) -> list[tuple[str, str]]:
    return [(kind, name) for kind, name, _ in EXCUSES if kind == item.kind and fnmatchcase(item.name, name)]


class Coverage:
    """A part of pytest, in the process that leads the workers: gathers what each case has seen, then judges."""

    def __init__(self) -> None:
        """Nothing is seen yet."""
        self.seen = Witness()
        self.cases = 0
        self.lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes over what a case has seen, from whichever worker ran it."""
        for key, value in report.user_properties:
            if key == SEEN and report.when == "call":
                self.cases += 1
                self.seen.add(Witness.of(value))  # type: ignore[arg-type] - pytest calls every value an object

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judges a run of all cases; what a run of some has left out means nothing."""
        if self.cases < len(cases()):
            return
        self.lines, complete = verdict(contract(), self.seen)
        if not complete and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the count."""
        if self.lines:
            terminalreporter.section("what the twin has tried of the peer's contract")
            for line in self.lines:
                terminalreporter.write_line(line)


def verdict(whole: Contract, seen: Witness) -> tuple[list[str], bool]:
    """The count in words, and whether nothing is missing that is not excused, nor excused without need."""
    lines: list[str] = []
    missing: list[str] = []
    needed: set[tuple[str, str]] = set()
    totals: dict[str, list[int]] = {}
    for item in items(whole, seen):
        total = totals.setdefault(item.kind, [0, 0, 0])
        excuses = [] if item.tried else _excused(item)
        needed.update(excuses)
        total[0] += item.tried
        total[1] += 1
        total[2] += bool(excuses)
        if not item.tried and not excuses:
            missing.append(f"missing: {item.kind}: {item.name}")
    for kind, (tried, all_, excused) in totals.items():
        lines.append(f"{tried} of {all_} {kind}" + (f" ({excused} excused)" if excused else ""))
    idle = [f"excused without need: {kind}: {name}" for kind, name, _ in EXCUSES if (kind, name) not in needed]
    complete = not missing and not idle
    return [*lines, *missing, *idle, *(() if complete else ("So the run fails.",))], complete

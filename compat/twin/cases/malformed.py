"""Every operation that takes a body or a query, with everything in it wrong: all faults are named as the peer names them."""

from __future__ import annotations

from collections import defaultdict

from compat.twin.contract import Operation, contract
from compat.twin.malformed import bodies, path
from compat.twin.recorder import Recorder
from compat.twin.registry import case


def _ask(t: Recorder, operation: Operation) -> None:
    method = operation.name.split(" ")[0]
    for body in bodies(operation):
        t.send(method, path(operation), body)
    if operation.query:
        t.send(
            method, f"{path(operation)}?{'&'.join(f'{name}=odd' for name in sorted(operation.query))}", only="status"
        )
        t.send(method, path(operation), only="status")


def _add(group: str, operations: list[Operation]) -> None:
    def all_of_it(t: Recorder) -> None:
        for operation in operations:
            _ask(t, operation)

    all_of_it.__name__ = group
    case(all_of_it)


def _groups() -> dict[str, list[Operation]]:
    groups: dict[str, list[Operation]] = defaultdict(list)
    for operation in contract().operations:
        if operation.body or operation.query:
            groups[operation.name.split("/")[1]].append(operation)
    return groups


for name, found in _groups().items():
    _add(name, found)

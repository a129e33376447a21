"""The list of twin cases; a module in cases/ adds to it with `@case`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from compat.twin.recorder import Recorder

Sequence = Callable[[Recorder], object]


@dataclass(frozen=True)
class Case:
    """One request sequence: its group (the module's name), its name, and the function that carries it out."""

    group: str
    name: str
    run: Sequence


_cases: list[Case] = []


def case(function: Sequence) -> Sequence:
    """Adds the function to the twin's cases: it is called once per server, with a recorder for that server."""
    _cases.append(Case(function.__module__.rsplit(".", 1)[-1], function.__name__, function))
    return function


def cases() -> list[Case]:
    """Every case of every module in cases/, in a stable order."""
    package = importlib.import_module("compat.twin.cases")
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"compat.twin.cases.{module}")
    keys = [(c.group, c.name) for c in _cases]
    doubled = {k for k in keys if keys.count(k) > 1}
    if doubled:
        raise ValueError(f"two twin cases have the same name: {sorted(doubled)}")
    return list(_cases)

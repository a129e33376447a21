"""Makes requests up from the document, sends them, and keeps account of what was wrong with the answers."""

import os
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import hypothesis
import schemathesis
from hypothesis import strategies as st
from schemathesis.core import NOT_SET
from schemathesis.generation import GenerationMode

from locum.app.routes import OPERATIONS
from locum.infra.web import Operation, openapi
from tests.fuzz.hostile import distort, spoil
from tests.fuzz.judging import Fault, faults
from tests.fuzz.values import Pool, plant
from tests.fuzz.wire import ABSENT, Answer, Request, Wire

SEED = int(os.environ.get("FUZZ_SEED", "1"))
DOCUMENT: Any = schemathesis.openapi.from_dict(openapi(OPERATIONS))
DOCUMENTED = [operation for operation in OPERATIONS if operation.documented]
MODES = (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
UNHELPFUL = cast("list[hypothesis.HealthCheck]", list(hypothesis.HealthCheck))


@dataclass
class Finding:
    """One kind of fault of one operation: how often, and the shortest request that shows it."""

    count: int
    request: Request
    fault: Fault


@dataclass
class Campaign:
    """Requests to one server; `closed` holds it to the letter of its answers' schemas."""

    wire: Wire
    closed: bool = True
    pool: Pool = field(default_factory=Pool)
    statuses: Counter[int] = field(default_factory=Counter[int])
    succeeded: set[str] = field(default_factory=set[str])
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict[tuple[str, str], Finding])

    def send(self, request: Request) -> Answer:
        """Send one request and judge its answer."""
        answer = self.wire.send(request)
        self.statuses[answer.status] += 1
        if answer.is_success:
            self.succeeded.add(request.operation)
        self.pool.learn(request, answer)
        for fault in faults(request, answer, closed=self.closed):
            self._note(request, fault)
        return answer

    def try_operation(self, operation: Operation, examples: int) -> None:
        """Requests to one operation: meant well and ill, and each also with a hostile part and in a wrong form."""
        self._run(cases([operation]), examples, self._try)

    def wander(self, steps: int, journey: int) -> None:
        """A walk over all operations, where what one answers is what the next asks for."""
        self.pool = Pool()
        plant(self.wire, self.pool)
        calm = [operation for operation in DOCUMENTED if operation.method != "DELETE" and "bulk" not in operation.path]
        self._run(cases([*calm, *calm, *DOCUMENTED]), steps, self._step, seed=SEED + journey)

    def told(self) -> str:
        """The findings, to read."""
        return "\n".join(
            f"{operation}: {kind} ({finding.count} times; FUZZ_SEED={SEED})\n"
            f"  {finding.request.curl(self.wire.address)}\n  {finding.fault.detail}"
            for (operation, kind), finding in self.findings.items()
        )

    def _run(self, drawn: st.SearchStrategy[Any], examples: int, each: Any, seed: int = SEED) -> None:
        settings = hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=UNHELPFUL,
        )

        def holds(case: Request, number: int) -> None:
            each(case, random.Random(number))

        numbers = st.integers(0, 2**32)
        hypothesis.seed(seed)(settings(hypothesis.given(case=drawn, number=numbers)(holds)))()

    def _try(self, request: Request, chance: random.Random) -> None:
        if self.pool.missing(request.path):
            plant(self.wire, self.pool)
        filled = self._step(request, chance)
        self.send(spoil(filled, chance))
        self.send(distort(filled, chance))

    def _step(self, request: Request, chance: random.Random) -> Request:
        filled = self.pool.fill(request, chance)
        self.send(filled)
        return filled

    def _note(self, request: Request, fault: Fault) -> None:
        known = self.findings.setdefault((request.operation, fault.kind), Finding(0, request, fault))
        known.count += 1
        if len(request.curl()) < len(known.request.curl()):
            known.request, known.fault = request, fault


def cases(operations: Iterable[Operation]) -> st.SearchStrategy[Request]:
    """Requests that the schemas of these operations allow, and some that they forbid."""
    choices = [(operation, mode) for operation in operations for mode in MODES]

    def drawn(number: int) -> st.SearchStrategy[Request]:
        return _drawn(*choices[number])

    # by number, since hypothesis writes out what it chooses from
    return st.integers(0, len(choices) - 1).flatmap(drawn)


def _drawn(operation: Operation, mode: GenerationMode) -> st.SearchStrategy[Request]:
    described = DOCUMENT[operation.shown_path][operation.method]

    def ours(case: Any) -> Request:
        return _request(operation, case)

    return described.as_strategy(generation_mode=mode).map(ours)


def _request(operation: Operation, case: Any) -> Request:
    """Ours of schemathesis' making; without its API version, which would hide all else."""
    return Request(
        operation.method,
        operation.shown_path,
        {name: str(value) for name, value in _named(case.path_parameters)},
        dict(_named(case.query)),
        {},
        ABSENT if case.body is NOT_SET else case.body,
    )


def _named(values: Any) -> list[tuple[str, Any]]:
    return list(values.items()) if values else []

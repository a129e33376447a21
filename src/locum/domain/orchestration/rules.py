"""What a rule is: it names the transitions that it governs, says what it thinks before, and what follows after."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from locum.domain.orchestration.answers import (
    StateAbortDetails,
    StateRejectDetails,
    StateResponseDetails,
    StateWaitDetails,
)
from locum.domain.orchestration.effects import Effect
from locum.domain.orchestration.facts import DEFAULT_TERMS, Need, RunFacts, Terms
from locum.domain.states import State, StateType

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(\.?(?:a|b|rc|dev)\d*)?")

R = TypeVar("R", bound=RunFacts)
StateTypes = frozenset[StateType | None]

ANY: StateTypes = frozenset({*StateType, None})
"""Every type of state, and none: a run that has no state yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition(Generic[R]):
    """A run, the state it is in, the state somebody proposes, and what else is known when deciding."""

    run: R
    initial: State | None
    proposed: State
    now: datetime
    api_version: tuple[int, int, int] | None = None
    client_version: str | None = None
    terms: Terms = DEFAULT_TERMS
    chance: float = 0.5
    """A random number in [0, 1) for rules that spread load."""

    def speaks(self, *version: int) -> bool:
        """Whether the client speaks this version of the API or a newer one; one that does not say is taken to."""
        return self.api_version is None or self.api_version >= version

    def runs(self, *version: int) -> bool:
        """Whether the client is of this version or a newer one; one that does not say is taken to be older."""
        return self.client_version is not None and _release(self.client_version) >= (*version, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Generic[R]):
    """What a rule thinks: an objection (`details`), a change to what is proposed or to the run, or both."""

    details: StateResponseDetails | None = None
    state: State | None = None
    run: R | None = None
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Generic[R]):
    """A transition on which every rule was heard: `written` is the new state, or None if the run stays as it is."""

    asked: Transition[R]
    written: State | None
    run: R
    rejected: bool

    @property
    def current(self) -> State | None:
        """The state that the run is in now."""
        return self.written or self.asked.initial


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath(Generic[R]):
    """What follows from a settled transition."""

    run: R | None = None
    effects: tuple[Effect, ...] = ()


def _release(version: str) -> tuple[int, ...]:
    """Major, minor, patch, and -1 for what comes before the release of these."""
    found = _VERSION.match(version)
    if found is None:
        return (0,)
    return *(int(part) for part in found.group(1, 2, 3)), -1 if found[4] else 0


class Rule(Generic[R]):
    """One rule. It holds no state; `before` and `after` are functions of their arguments.

    A rule is heard as long as the types are those that the client asked for: once an earlier rule has put another type
    of state in place, or none, it is skipped. A rule with ALWAYS is heard about whatever is written, and afterwards.
    """

    FROM: ClassVar[StateTypes] = ANY
    TO: ClassVar[StateTypes] = ANY
    ALWAYS: ClassVar[bool] = False
    NEEDS: ClassVar[frozenset[Need]] = frozenset()

    def before(self, asked: Transition[R]) -> Verdict[R] | None:
        """What the rule thinks of the transition; None: nothing against it."""

    def after(self, settled: Settled[R]) -> Aftermath[R] | None:
        """What follows if the transition comes about as this rule left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Generic[R]):
    """An ordered list of rules, and how the state and the run are marked when a state is written."""

    rules: tuple[Rule[R], ...]
    stamp: Callable[[Transition[R], State], State]
    book: Callable[[Transition[R], State], R]

    def needs(self, need: Need, initial: State | None, proposed: State) -> bool:
        """Whether a rule that governs this transition asks for these facts."""
        at = initial.type if initial else None
        return any(need in rule.NEEDS and at in rule.FROM and proposed.type in rule.TO for rule in self.rules)


def reject(reason: str, state: State | None = None) -> Verdict[Any]:
    """Refuse the state proposed; the run goes into `state` instead, or stays where it is."""
    return Verdict(details=StateRejectDetails(reason=reason), state=state)


def abort(reason: str) -> Verdict[Any]:
    """Refuse the state proposed and tell the client to stop."""
    return Verdict(details=StateAbortDetails(reason=reason))


def wait(seconds: int, reason: str) -> Verdict[Any]:
    """Refuse the state proposed and tell the client to ask again."""
    return Verdict(details=StateWaitDetails(delay_seconds=seconds, reason=reason))

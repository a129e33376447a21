"""Hears every rule of a policy about a transition, and says what is to be answered and written."""

from dataclasses import dataclass, fields, replace
from typing import Generic

from locum.domain.orchestration.answers import (
    OrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateResponseDetails,
    StateWaitDetails,
)
from locum.domain.orchestration.effects import Effect
from locum.domain.orchestration.rules import Policy, R, Rule, Settled, Transition
from locum.domain.states import State, StateType

_STATUS: dict[type[StateResponseDetails], SetStateStatus] = {
    StateAcceptDetails: SetStateStatus.ACCEPT,
    StateRejectDetails: SetStateStatus.REJECT,
    StateAbortDetails: SetStateStatus.ABORT,
    StateWaitDetails: SetStateStatus.WAIT,
}
_ACCEPTED = StateAcceptDetails()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Generic[R]):
    """What is answered and what is to be written.

    `state` is the state to insert (None: nothing is inserted), `run` the facts as they must stand afterwards (write
    them if `run_changed`: a refused transition may change the run too), `effects` what else follows.
    """

    details: StateResponseDetails
    initial: State | None
    state: State | None
    run: R
    run_changed: bool
    effects: tuple[Effect, ...]

    @property
    def status(self) -> SetStateStatus:
        """What became of the proposed state."""
        return _STATUS[type(self.details)]

    @property
    def current(self) -> State | None:
        """The state that the run is in once this is written."""
        return self.state or self.initial

    def result(self) -> OrchestrationResult:
        """The answer in wire form."""
        return OrchestrationResult(state=self.current, status=self.status, details=self.details)


@dataclass(slots=True)
class _Hearing(Generic[R]):
    """How a transition stands while the rules are heard; `asked.proposed` counts only while `open_`."""

    asked: Transition[R]
    details: StateResponseDetails
    open_: bool
    effects: list[Effect]

    @property
    def type(self) -> StateType | None:
        return self.asked.proposed.type if self.open_ else None


@dataclass(frozen=True, slots=True)
class _Heard(Generic[R]):
    """A rule that was heard, the type it left the transition at, and the run before and after it."""

    rule: Rule[R]
    left_at: StateType | None
    run_before: R
    run_after: R


def govern(policy: Policy[R], asked: Transition[R]) -> Decision[R]:
    """Hear every rule of the policy in order, and decide."""
    hearing = _Hearing(asked=asked, details=_ACCEPTED, open_=True, effects=[])
    heard = _hear(policy, hearing)
    standing = hearing.asked
    run = standing.run
    for entry in reversed(heard):
        if _fizzled(entry, hearing.type):
            run = _undo(run, entry)
    written = None
    if hearing.open_:
        standing = _with(standing, run=run)
        written = policy.stamp(standing, standing.proposed)
        run = policy.book(standing, written)
    rejected = isinstance(hearing.details, StateRejectDetails)
    effects = hearing.effects
    for entry in reversed(heard):
        if entry.rule.ALWAYS or _stands(entry, hearing.type):
            settled = Settled(asked=asked, written=written, run=run, rejected=rejected)
            aftermath = entry.rule.after(settled)
            if aftermath is not None:
                run = aftermath.run or run
                effects.extend(aftermath.effects)
    return Decision(
        details=hearing.details,
        initial=asked.initial,
        state=written,
        run=run,
        run_changed=run != asked.run,
        effects=tuple(effects),
    )


def _hear(policy: Policy[R], hearing: _Hearing[R]) -> list[_Heard[R]]:
    """Ask each rule that governs the transition, as it stands when its turn comes."""
    initial = hearing.asked.initial.type if hearing.asked.initial else None
    intended = hearing.asked.proposed.type
    heard: list[_Heard[R]] = []
    for rule in policy.rules:
        if initial not in rule.FROM or intended not in rule.TO:
            continue
        if not rule.ALWAYS and hearing.type is not intended:
            continue
        run_before = hearing.asked.run
        replaced = hearing.open_ and _ask(rule, hearing)
        heard.append(_Heard(rule, hearing.type if replaced else intended, run_before, hearing.asked.run))
    return heard


def _ask(rule: Rule[R], hearing: _Hearing[R]) -> bool:
    """Let one rule speak; whether it put another state, or none, in the place of what was proposed."""
    verdict = rule.before(hearing.asked)
    if verdict is None:
        return False
    state = verdict.state
    if verdict.details is not None:
        hearing.details = verdict.details
        hearing.open_ = state is not None
        state = _repeatable(hearing.asked.proposed, state) if state is not None else None
    hearing.asked = _with(hearing.asked, run=verdict.run, proposed=state)
    hearing.effects.extend(verdict.effects)
    return verdict.details is not None


def _repeatable(proposed: State, instead: State) -> State:
    """A client that repeats its proposal, the answer lost, must be known by it whatever state it was given."""
    transition_id = proposed.state_details.transition_id
    if transition_id is None or instead.state_details.transition_id is not None:
        return instead
    return instead.detailed(transition_id=transition_id)


def _with(asked: Transition[R], *, run: R | None = None, proposed: State | None = None) -> Transition[R]:
    """The transition with another run or proposed state, where given."""
    if run is None and proposed is None:
        return asked
    return Transition(
        run=run or asked.run,
        initial=asked.initial,
        proposed=proposed or asked.proposed,
        now=asked.now,
        api_version=asked.api_version,
        client_version=asked.client_version,
        terms=asked.terms,
        chance=asked.chance,
    )


def _undo(run: R, entry: _Heard[R]) -> R:
    """The run without what this rule changed."""
    before, after = entry.run_before, entry.run_after
    if after is before:
        return run
    names = [field.name for field in fields(before) if getattr(before, field.name) != getattr(after, field.name)]
    return replace(run, **{name: getattr(before, name) for name in names})


def _stands(entry: _Heard[R], outcome: StateType | None) -> bool:
    """Whether the transition came about as this rule left it, and is still one that it governs."""
    return entry.left_at in entry.rule.TO and entry.left_at is outcome


def _fizzled(entry: _Heard[R], outcome: StateType | None) -> bool:
    """Whether a later rule turned the transition into another, so that what this one changed must not stand."""
    return not entry.rule.ALWAYS and entry.left_at in entry.rule.TO and entry.left_at is not outcome

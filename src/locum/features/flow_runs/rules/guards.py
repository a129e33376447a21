"""Guards: transitions that must not be, whatever else is known."""

from typing import ClassVar

from locum.domain.orchestration import FlowRunFacts, Rule, Transition, Verdict
from locum.domain.orchestration.rules import StateTypes, abort, reject
from locum.domain.states import TERMINAL, State, StateType, has_persisted_result

_NOT_AFTER_THE_END = frozenset({StateType.CANCELLING, StateType.PAUSED, StateType.CRASHED})
_KEEPS_RESULT = "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not."


class RefuseRepeats(Rule[FlowRunFacts]):
    """A transition that was made already is answered with the state it led to: the first answer got lost."""

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Know it by its transition id."""
        if asked.initial is None:
            return None
        made = asked.initial.state_details.transition_id
        if made is None or made != asked.proposed.state_details.transition_id:
            return None
        return reject("This run has already made this state transition.")


class LeaveTerminalStates(Rule[FlowRunFacts]):
    """A run that ended may begin again, but not be stopped, nor forget a result, nor be scheduled for no deployment.

    A new attempt knows nothing of the pauses of the one before.
    """

    FROM: ClassVar[StateTypes] = frozenset(TERMINAL)

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Refuse what must not be; else forget the pauses."""
        initial, proposed = asked.initial, asked.proposed
        if initial is None:
            return None
        if proposed.type in _NOT_AFTER_THE_END:
            return abort(f"Run is already in terminal state {initial.type}.")
        if _completed_with_result(initial) and not proposed.final:
            return reject("Run is already COMPLETED.")
        if _loses_result(initial, proposed):
            return reject(_KEEPS_RESULT)
        if proposed.type is StateType.SCHEDULED and not asked.run.deployment_id:
            return abort("Cannot reschedule a run without an associated deployment.")
        if proposed.final or not asked.speaks(0, 8, 4):
            return None
        retry_type = "reschedule" if proposed.type is StateType.SCHEDULED else None
        return Verdict(run=asked.run.with_policy(resuming=False, pause_keys=set[str](), retry_type=retry_type))


class KeepPersistedResult(Rule[FlowRunFacts]):
    """Not even by force is a completed state with a result replaced by one without."""

    FROM: ClassVar[StateTypes] = frozenset(TERMINAL)
    TO: ClassVar[StateTypes] = frozenset(TERMINAL)

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Refuse the loss."""
        if asked.initial is None or not _loses_result(asked.initial, asked.proposed):
            return None
        return reject(_KEEPS_RESULT)


class OnlyScheduledRunsAreLate(Rule[FlowRunFacts]):
    """Late is said of a scheduled run, once."""

    TO: ClassVar[StateTypes] = frozenset({StateType.SCHEDULED})

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Refuse it of other runs."""
        if asked.initial is None or asked.proposed.name != "Late":
            return None
        if asked.initial.type is not StateType.SCHEDULED:
            return reject("Only scheduled flows can be marked late.")
        return reject("This flow run is already marked late.") if asked.initial.name == "Late" else None


def _completed_with_result(state: State) -> bool:
    return state.type is StateType.COMPLETED and bool(state.data) and has_persisted_result(state.data)


def _loses_result(initial: State, proposed: State) -> bool:
    return (
        _completed_with_result(initial)
        and proposed.type is StateType.COMPLETED
        and not has_persisted_result(proposed.data)
    )

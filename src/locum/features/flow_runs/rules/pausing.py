"""Rules about going into a pause and coming back; a pause that frees its infrastructure is a suspension."""

from typing import ClassVar

from locum.domain.orchestration import Aftermath, FlowRunFacts, Rule, Settled, Transition, Verdict
from locum.domain.orchestration.effects import ForgetInputs
from locum.domain.orchestration.rules import StateTypes, abort, reject
from locum.domain.states import State, StateType, named

_WAYS_OUT = frozenset({StateType.RUNNING, StateType.SCHEDULED, StateType.CANCELLING})


class GoIntoPause(Rule[FlowRunFacts]):
    """A running flow run pauses, once for every pause key; only a deployment's own run may be suspended."""

    TO: ClassVar[StateTypes] = frozenset({StateType.PAUSED})

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Refuse a pause that cannot be, or that fired already."""
        initial, details, run = asked.initial, asked.proposed.state_details, asked.run
        verb = _verb(asked.proposed)
        if initial is None:
            return abort(f"Cannot {verb} flows with no state.")
        if initial.type is not StateType.RUNNING:
            return reject(f"Cannot {verb} flows that are not currently running.")
        if details.pause_key is not None and details.pause_key in (run.empirical_policy.pause_keys or ()):
            return reject(f"This {verb} has already fired.")
        if not details.pause_reschedule:
            return None
        if run.parent_task_run_id:
            return abort(f"Cannot {verb} subflows.")
        return None if run.deployment_id else abort(f"Cannot {verb} flows without a deployment.")

    def after(self, settled: Settled[FlowRunFacts]) -> Aftermath[FlowRunFacts] | None:
        """Remember that it fired, and forget what was answered to the same pause of an earlier attempt."""
        paused = settled.written
        if paused is None:
            return None
        key = paused.state_details.pause_key or str(paused.id)
        fired = (settled.run.empirical_policy.pause_keys or set[str]()) | {key}
        keyset = paused.state_details.run_input_keyset
        effects = (ForgetInputs(tuple(keyset.values())),) if keyset else ()
        return Aftermath(run=settled.run.with_policy(pause_keys=fired), effects=effects)


class ComeBackFromPause(Rule[FlowRunFacts]):
    """A paused run goes on, is scheduled to go on, or ends; not after its time ran out, unless to be cancelled."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.PAUSED})

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Refuse other ways out; a run that comes too late has failed."""
        initial, proposed = asked.initial, asked.proposed
        if initial is None:
            return None
        if not proposed.final and proposed.type not in _WAYS_OUT:
            # The peer prints its enum members with the name of their class.
            ways = f"to the StateType.{proposed.type} state from the StateType.{initial.type} state"
            return reject(f"This run cannot transition {ways}.")
        what = (proposed.name or proposed.type).lower()
        pause = initial.state_details
        if pause.pause_reschedule and not asked.run.deployment_id:
            return reject(f"Cannot reschedule a {what} flow run without a deployment.")
        if proposed.type is StateType.CANCELLING:
            return None
        if pause.pause_timeout and pause.pause_timeout < asked.now:
            failure = named.failed(asked.now, f"The flow was {what} and never resumed.")
            reason = f"The flow run {_verb(proposed)} has timed out and can no longer resume."
            return reject(reason, failure)
        return None

    def after(self, settled: Settled[FlowRunFacts]) -> Aftermath[FlowRunFacts] | None:
        """Mark that it comes back; a blocking pause that ends in a new process is a new attempt instead.

        Like the peer, mark it even if the way out was refused.
        """
        initial, current = settled.asked.initial, settled.current
        begins_anew = (
            initial is not None
            and not initial.state_details.pause_reschedule
            and current is not None
            and current.type is StateType.SCHEDULED
            and settled.asked.speaks(0, 8, 4)
        )
        if begins_anew:
            again = settled.run.with_policy(resuming=False, pause_keys=set[str](), retry_type="reschedule")
            return Aftermath(run=again)
        return Aftermath(run=settled.run.with_policy(resuming=True))


def _verb(proposed: State) -> str:
    return "suspend" if proposed.name == "Suspended" else "pause"

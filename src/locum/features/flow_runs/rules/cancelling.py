"""Rules about runs that are being cancelled."""

from typing import ClassVar

from locum.domain.orchestration import FlowRunFacts, Rule, Transition, Verdict
from locum.domain.orchestration.rules import ANY, StateTypes, reject
from locum.domain.states import StateType, named


class CancellingEndsInCancelled(Rule[FlowRunFacts]):
    """A run that is being cancelled becomes cancelled and nothing else."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.CANCELLING})
    TO: ClassVar[StateTypes] = ANY - {StateType.CANCELLED}

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Refuse anything else."""
        return reject("Cannot transition flows that are cancelling to a state other than Cancelled.")


class CancelAtOnceWithoutInfrastructure(Rule[FlowRunFacts]):
    """Where there is nothing to shut down, a run is cancelled at once: not yet submitted, or suspended."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.SCHEDULED, StateType.PAUSED})
    TO: ClassVar[StateTypes] = frozenset({StateType.CANCELLING})

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Put Cancelled in the place of Cancelling."""
        initial = asked.initial
        if initial is None:
            return None
        waits = initial.type is StateType.SCHEDULED and not asked.run.infrastructure_pid
        if waits or initial.name == "Resuming":
            reason = "Scheduled flow run has no infrastructure to terminate."
            return reject(reason, named.cancelled(asked.now))
        if initial.type is StateType.PAUSED and initial.state_details.pause_reschedule:
            reason = "Suspended flow run has no infrastructure to terminate."
            return reject(reason, named.cancelled(asked.now))
        return None

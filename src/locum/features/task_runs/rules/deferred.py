"""Rules about task runs that are submitted now and run later, by whoever serves their task."""

from typing import ClassVar

from locum.domain.orchestration import Aftermath, Rule, Settled, TaskRunFacts, Transition, Verdict
from locum.domain.orchestration.effects import EnqueueTaskRun
from locum.domain.orchestration.rules import StateTypes
from locum.domain.states import StateType


class CarryParameters(Rule[TaskRunFacts]):
    """A deferred task run still knows its parameters when it runs."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.SCHEDULED, StateType.PENDING})
    TO: ClassVar[StateTypes] = frozenset({StateType.PENDING, StateType.RUNNING})

    def before(self, asked: Transition[TaskRunFacts]) -> Verdict[TaskRunFacts] | None:
        """Copy their id where the proposed state has none."""
        if asked.initial is None or asked.proposed.state_details.task_parameters_id:
            return None
        known = asked.initial.state_details.task_parameters_id
        return Verdict(state=asked.proposed.detailed(task_parameters_id=known))


class EnqueueScheduledRuns(Rule[TaskRunFacts]):
    """A deferred task run that is scheduled is offered to those who serve its task."""

    TO: ClassVar[StateTypes] = frozenset({StateType.SCHEDULED})

    def after(self, settled: Settled[TaskRunFacts]) -> Aftermath[TaskRunFacts] | None:
        """Offer it; retries go first."""
        state = settled.written
        if state is None or not state.state_details.deferred:
            return None
        return Aftermath(effects=(EnqueueTaskRun(retry=state.name == "AwaitingRetry"),))

"""Rules about scheduled times, for flow runs and task runs alike."""

from datetime import timedelta
from typing import ClassVar

from locum.domain.orchestration.rules import R, Rule, StateTypes, Transition, Verdict, wait
from locum.domain.states import StateType

_SECOND = timedelta(seconds=1)


class CopyScheduledTime(Rule[R]):
    """A run that is about to run still knows when it was due, unless a new time is proposed."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.SCHEDULED})
    TO: ClassVar[StateTypes] = frozenset({StateType.PENDING})

    def before(self, asked: Transition[R]) -> Verdict[R] | None:
        """Copy the time."""
        if asked.initial is None or asked.proposed.state_details.scheduled_time:
            return None
        due = asked.initial.state_details.scheduled_time
        return Verdict(state=asked.proposed.detailed(scheduled_time=due))


class WaitForScheduledTime(Rule[R]):
    """A run does not start before its time, by this server's clock."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.SCHEDULED, StateType.PENDING})
    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING})

    def before(self, asked: Transition[R]) -> Verdict[R] | None:
        """Wait to the nearest second, for one at least: clients wait whole seconds, and none would be too early."""
        due = asked.initial.state_details.scheduled_time if asked.initial else None
        if due is None or due <= asked.now:
            return None
        whole, rest = divmod(due - asked.now, _SECOND)
        return wait(max(whole + (rest > _SECOND / 2), 1), "Scheduled time is in the future")

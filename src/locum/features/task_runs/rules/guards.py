"""Guards: transitions that must not be, whatever else is known."""

from dataclasses import replace
from typing import ClassVar

from locum.domain.orchestration import Rule, TaskRunFacts, Transition, Verdict
from locum.domain.orchestration.rules import StateTypes, abort, reject
from locum.domain.states import TERMINAL, StateType, has_persisted_result, named

_NOT_AFTER_THE_END = frozenset({StateType.CANCELLING, StateType.PAUSED, StateType.CRASHED})


class LeaveTerminalStates(Rule[TaskRunFacts]):
    """A task run that ended may begin again, with all its retries, but not be stopped, nor leave a result behind."""

    FROM: ClassVar[StateTypes] = frozenset(TERMINAL)

    def before(self, asked: Transition[TaskRunFacts]) -> Verdict[TaskRunFacts] | None:
        """Refuse what must not be; else count from 0, and name what the flow run's own retry brings about."""
        initial, proposed, run = asked.initial, asked.proposed, asked.run
        if initial is None:
            return None
        if proposed.type in _NOT_AFTER_THE_END:
            return abort(f"Run is already {initial.type}.")
        if initial.type is StateType.COMPLETED and initial.data and has_persisted_result(initial.data):
            return reject("This run is already completed.")
        flow_retries = run.flow_run is not None and run.flow_run_run_count < run.flow_run.run_count
        retrying = proposed.type is StateType.RUNNING and flow_retries
        return Verdict(
            state=proposed.but(name="Retrying") if retrying else None,
            run=None if proposed.final else replace(run, run_count=0),
        )


class RunOnlyInRunningFlow(Rule[TaskRunFacts]):
    """A task run runs only while the flow run around it does."""

    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING})

    def before(self, asked: Transition[TaskRunFacts]) -> Verdict[TaskRunFacts] | None:
        """Pause with a paused flow run, stop with any other."""
        flow_run = asked.run.flow_run
        if flow_run is None or flow_run.state_type is StateType.RUNNING:
            return None
        if flow_run.state_type is StateType.PAUSED:
            pause = flow_run.state_details
            state = named.not_ready(asked.now, pause.pause_timeout, reschedule=pause.pause_reschedule)
            return reject(
                f"The flow is paused, new tasks can execute after resuming flow run: {flow_run.id}.",
                state,
            )
        return abort("The enclosing flow must be running to begin task execution.")

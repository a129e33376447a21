"""What is marked on the state and on the run whenever a state is written: times, counts, references."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from locum.domain.orchestration.facts import FlowRunFacts, RunFacts, TaskRunFacts
from locum.domain.orchestration.rules import Transition
from locum.domain.states import State, StateType

_TICK = timedelta(microseconds=1)


def stamp_flow_run_state(asked: Transition[FlowRunFacts], state: State) -> State:
    """The state as it is kept: with its run, the task run that stands for it, and later than the one before."""
    run = asked.run
    parent = run.parent_task_run_id or state.state_details.task_run_id
    initial = asked.initial
    if initial is not None and initial.timestamp >= state.timestamp:
        # Proposed before another state was written that won the race, or by a server whose clock is behind.
        state = state.but(timestamp=initial.timestamp + _TICK)
    return state.detailed(flow_run_id=run.id, task_run_id=parent)


def stamp_task_run_state(asked: Transition[TaskRunFacts], state: State) -> State:
    """The state as it is kept: with its runs and a time of its own.

    It may be earlier than the state before, which may have come with the time of a client's clock.
    """
    run, initial = asked.run, asked.initial
    if initial is not None and initial.timestamp == state.timestamp:
        state = state.but(timestamp=state.timestamp + _TICK)
    return state.detailed(flow_run_id=run.flow_run_id, task_run_id=run.id)


def book_flow_run(asked: Transition[FlowRunFacts], state: State) -> FlowRunFacts:
    """The flow run as it stands after going into `state`; coming back from a pause is no new attempt."""
    run = asked.run
    running = state.type is StateType.RUNNING
    came_back = bool(run.empirical_policy.resuming) and asked.speaks(0, 8, 4)
    policy = run.empirical_policy
    if came_back and (running or state.final):
        policy = policy.model_copy(update={"resuming": False})
    count = run.run_count + 1 if running and not came_back else run.run_count
    return replace(run, run_count=count, empirical_policy=policy, **_times(run, asked.initial, state))


def book_task_run(asked: Transition[TaskRunFacts], state: State) -> TaskRunFacts:
    """The task run as it stands after going into `state`."""
    run = asked.run
    count = run.run_count + 1 if state.type is StateType.RUNNING else run.run_count
    return replace(run, run_count=count, **_times(run, asked.initial, state))


def _times(run: RunFacts, initial: State | None, state: State) -> dict[str, Any]:
    """The times that every run keeps."""
    start = run.start_time
    if start is None and (state.type is StateType.RUNNING or (state.final and run.end_time is None)):
        start = state.timestamp
    return {
        "start_time": start,
        "end_time": _end(run, initial, state),
        "total_run_time": run.total_run_time + _time_spent_running(initial, state),
        "expected_start_time": run.expected_start_time or _due(state) or state.timestamp,
        "next_scheduled_start_time": _next_start(run, initial, state),
    }


def _end(run: RunFacts, initial: State | None, state: State) -> datetime | None:
    """Set on entering a terminal state, kept between two of them, cleared on leaving."""
    if state.final:
        return run.end_time or state.timestamp
    return None if initial is not None and initial.final else run.end_time


def _time_spent_running(initial: State | None, state: State) -> float:
    if initial is None or initial.type is not StateType.RUNNING:
        return 0.0
    return (state.timestamp - initial.timestamp).total_seconds()


def _due(state: State) -> datetime | None:
    return state.state_details.scheduled_time if state.type is StateType.SCHEDULED else None


def _next_start(run: RunFacts, initial: State | None, state: State) -> datetime | None:
    """Set while the run is scheduled, cleared when it leaves that state."""
    if state.type is StateType.SCHEDULED:
        return state.state_details.scheduled_time
    left = initial is not None and initial.type is StateType.SCHEDULED
    return None if left else run.next_scheduled_start_time

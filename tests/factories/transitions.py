"""Transitions for tests of rules: a run in a state, and a state proposed, at a moment that stands still."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from locum.domain.orchestration import FlowRunFacts, TaskRunFacts, Transition
from locum.domain.states import State, StateCreate, StateType

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=1)
LATER = NOW + timedelta(minutes=1)

RUN = UUID("00000000-0000-7000-8000-000000000001")
FLOW_RUN = UUID("00000000-0000-7000-8000-000000000002")
DEPLOYMENT = UUID("00000000-0000-7000-8000-000000000003")
PARENT = UUID("00000000-0000-7000-8000-000000000004")
ATTEMPT = UUID("00000000-0000-7000-8000-000000000005")


def state(
    type: StateType | str, name: str | None = None, *, at: datetime = EARLIER, data: Any = None, **details: Any
) -> State:
    """A state made at `at`."""
    body = {"type": type, "name": name, "data": data, "state_details": details}
    return StateCreate.model_validate(body).to_state(at)


def flow_run(**facts: Any) -> FlowRunFacts:
    """A flow run."""
    return FlowRunFacts(id=RUN, **facts)


def task_run(**facts: Any) -> TaskRunFacts:
    """A task run."""
    return TaskRunFacts(id=RUN, **facts)


def flow_transition(
    initial: State | None, proposed: State, run: FlowRunFacts | None = None, **more: Any
) -> Transition[FlowRunFacts]:
    """A flow run in `initial` for which `proposed` is proposed."""
    return Transition(run=run or flow_run(), initial=initial, proposed=proposed, now=NOW, **more)


def task_transition(
    initial: State | None, proposed: State, run: TaskRunFacts | None = None, **more: Any
) -> Transition[TaskRunFacts]:
    """A task run in `initial` for which `proposed` is proposed."""
    return Transition(run=run or task_run(), initial=initial, proposed=proposed, now=NOW, **more)

"""Whatever is proposed, in whatever order, these things hold of a flow run."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from locum.domain.orchestration import FlowRunFacts, FlowRunPolicy, SetStateStatus, Transition, govern
from locum.domain.orchestration.effects import MirrorToParent
from locum.domain.states import State, StateCreate, StateDetails, StateType
from locum.features.flow_runs import policy
from tests.factories.transitions import ATTEMPT, DEPLOYMENT, EARLIER, LATER, NOW, PARENT, RUN


@dataclass(frozen=True)
class Step:
    """One proposal, so many milliseconds after the one before."""

    proposed: StateCreate
    force: bool
    millis: int


details = st.builds(
    StateDetails,
    scheduled_time=st.sampled_from([None, EARLIER, LATER]),
    pause_timeout=st.sampled_from([None, EARLIER, LATER]),
    pause_reschedule=st.booleans(),
    pause_key=st.sampled_from([None, "a"]),
    transition_id=st.sampled_from([None, None, ATTEMPT]),
)
proposals = st.builds(
    StateCreate,
    type=st.sampled_from(StateType),
    name=st.sampled_from([None, None, None, "Late", "AwaitingRetry", "Resuming", "Suspended", "Submitting"]),
    data=st.sampled_from([None, {"type": "result"}, {"type": "unpersisted"}]),
    state_details=details,
)
steps = st.lists(st.builds(Step, proposals, st.sampled_from([False, False, False, True]), st.integers(0, 90_000)))
runs = st.builds(
    FlowRunFacts,
    id=st.just(RUN),
    deployment_id=st.sampled_from([None, DEPLOYMENT]),
    parent_task_run_id=st.sampled_from([None, PARENT]),
    infrastructure_pid=st.sampled_from([None, "123"]),
    empirical_policy=st.builds(FlowRunPolicy, retries=st.sampled_from([None, 0, 1, 3]), retry_delay=st.just(5)),
)


@given(runs, steps)
def test_every_sequence_keeps_the_books(run: FlowRunFacts, steps: list[Step]):
    now, current = NOW, None
    for step in steps:
        now += timedelta(milliseconds=step.millis)
        asked = Transition(run=run, initial=current, proposed=step.proposed.to_state(now), now=now)
        decision = govern(policy.choose(force=step.force), asked)
        if decision.state is None:
            assert decision.status is not SetStateStatus.ACCEPT
            assert not any(isinstance(effect, MirrorToParent) for effect in decision.effects)
            assert (decision.run.run_count, decision.run.total_run_time) == (run.run_count, run.total_run_time)
        else:
            _agrees(decision.state, current, decision.run)
        if not step.force:
            _is_lawful(current, decision.state)
        assert (decision.run.id, decision.run.deployment_id) == (run.id, run.deployment_id)
        run, current = decision.run, decision.current


def _agrees(state: State, before: State | None, run: FlowRunFacts) -> None:
    assert state.state_details.flow_run_id == RUN
    assert before is None or state.timestamp > before.timestamp
    assert (run.end_time is not None) == state.final
    assert run.expected_start_time is not None
    if state.type is StateType.RUNNING:
        assert run.start_time is not None
    if run.end_time is not None and run.start_time is not None:
        assert run.start_time <= run.end_time
    scheduled = state.type is StateType.SCHEDULED
    assert run.next_scheduled_start_time == (state.state_details.scheduled_time if scheduled else None)
    assert run.total_run_time >= 0


def _is_lawful(before: State | None, after: State | None) -> None:
    """Without force, no way leads from here to there."""
    if before is None or after is None:
        return
    kinds = (before.type, after.type)
    assert kinds[0] is not StateType.CANCELLING or kinds[1] is StateType.CANCELLED
    if before.final:
        assert kinds[1] not in {StateType.CANCELLING, StateType.PAUSED, StateType.CRASHED}
    if kinds[1] is StateType.PAUSED:
        assert kinds[0] is StateType.RUNNING
    if kinds[1] is StateType.PENDING:
        assert kinds[0] not in {StateType.RUNNING, StateType.CANCELLED, StateType.PAUSED}


@given(runs, proposals, proposals)
def test_a_repeated_proposal_writes_once(run: FlowRunFacts, first: StateCreate, second: StateCreate):
    """The answer got lost: the client sends the same again, and is given the state that the run is in."""
    repeated = second.model_copy(
        update={"state_details": second.state_details.model_copy(update={"transition_id": ATTEMPT})}
    )
    initial = first.to_state(NOW).detailed(transition_id=None)
    asked = Transition(run=run, initial=initial, proposed=repeated.to_state(NOW), now=NOW)
    once = govern(policy.CORE, asked)
    asked = Transition(run=once.run, initial=once.current, proposed=repeated.to_state(NOW), now=NOW)
    twice = govern(policy.CORE, asked)
    assert twice.current == once.current
    assert twice.state is None
    assert twice.run.run_count == once.run.run_count
    if once.state is None:
        assert twice.details == once.details

import pytest

from locum.domain.orchestration import SetStateStatus, govern
from locum.domain.orchestration.effects import EnqueueTaskRun
from locum.features.task_runs.policy import BACKGROUND, CORE, FORCED, choose
from tests.factories.transitions import ATTEMPT, RUN, state, task_transition


def test_parameters_are_carried_on():
    for initial, proposed in (("SCHEDULED", "PENDING"), ("PENDING", "RUNNING")):
        kept = govern(BACKGROUND, task_transition(state(initial, task_parameters_id=str(RUN)), state(proposed))).state
        assert kept is not None
        assert kept.state_details.task_parameters_id == RUN


def test_unless_others_are_proposed():
    asked = task_transition(
        state("SCHEDULED", task_parameters_id=str(RUN)), state("PENDING", task_parameters_id=str(ATTEMPT))
    )
    kept = govern(BACKGROUND, asked).state
    assert kept is not None
    assert kept.state_details.task_parameters_id == ATTEMPT


@pytest.mark.parametrize(("name", "retry"), [("Scheduled", False), ("AwaitingRetry", True)])
def test_scheduled_runs_are_offered(name: str, retry: bool):
    decision = govern(BACKGROUND, task_transition(None, state("SCHEDULED", name, deferred=True)))
    assert decision.effects == (EnqueueTaskRun(retry=retry),)


def test_others_are_not():
    assert govern(BACKGROUND, task_transition(None, state("SCHEDULED"))).effects == ()


def test_none_is_submitted_twice():
    asked = task_transition(state("RUNNING"), state("PENDING", deferred=True))
    assert govern(BACKGROUND, asked).status is SetStateStatus.ABORT


def test_the_policy_goes_by_what_is_proposed():
    assert choose(state("RUNNING"), force=False) is CORE
    assert choose(state("RUNNING"), force=True) is FORCED
    assert choose(state("RUNNING", deferred=True), force=True) is BACKGROUND

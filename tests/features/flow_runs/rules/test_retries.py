from datetime import timedelta

from locum.domain.orchestration import Decision, FlowRunFacts, FlowRunPolicy, SetStateStatus, govern
from locum.domain.orchestration.effects import RetryFailedTaskRuns
from locum.domain.states import StateType
from locum.features.flow_runs.policy import CORE
from tests.factories.transitions import NOW, RUN, flow_run, flow_transition, state

TWICE = FlowRunPolicy(retries=2, retry_delay=7, pause_keys={"a"})


def fail(run_count: int, policy: FlowRunPolicy = TWICE, version: tuple[int, int, int] | None = None):
    run = flow_run(run_count=run_count, empirical_policy=policy)
    initial = state("RUNNING", deployment_concurrency_lease_id=str(RUN))
    proposed = state("FAILED", at=NOW, data={"type": "result"}).but(message="why")
    decision: Decision[FlowRunFacts] = govern(CORE, flow_transition(initial, proposed, run, api_version=version))
    return decision


def test_tries_again_after_the_delay():
    decision = fail(2)
    again = decision.state
    assert decision.details.model_dump() == {"type": "reject_details", "reason": "Retrying"}
    assert again is not None
    assert (again.type, again.name, again.message) == (StateType.SCHEDULED, "AwaitingRetry", "why")
    assert again.data == {"type": "result"}
    assert again.state_details.scheduled_time == NOW + timedelta(seconds=7)
    assert again.state_details.deployment_concurrency_lease_id == RUN
    assert decision.run.next_scheduled_start_time == again.state_details.scheduled_time


def test_a_new_attempt_forgets_the_pauses():
    policy = fail(1).run.empirical_policy
    assert (policy.pause_keys, policy.resuming, policy.retry_type) == (set(), False, "in_process")


def test_gives_up_in_the_end():
    decision = fail(3, TWICE.model_copy(update={"retry_type": "in_process"}))
    assert decision.status is SetStateStatus.ACCEPT
    assert decision.run.empirical_policy.retry_type is None


def test_no_retries_no_second_try():
    assert fail(1, FlowRunPolicy()).status is SetStateStatus.ACCEPT


def test_no_delay_is_now():
    again = fail(1, FlowRunPolicy(retries=1)).state
    assert again is not None
    assert again.state_details.scheduled_time == NOW


def test_old_clients_need_their_failed_task_runs_set_back():
    assert fail(1, version=(0, 8, 2)).effects == (RetryFailedTaskRuns(NOW + timedelta(seconds=7)),)
    assert fail(1, version=(0, 8, 3)).effects == ()


def test_the_old_names_of_the_fields_count():
    policy = FlowRunPolicy.model_validate({"max_retries": 1, "retry_delay_seconds": 3})
    assert (policy.retries, policy.retry_delay) == (1, 3)

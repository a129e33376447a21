from locum.domain.orchestration import govern
from locum.features.flow_runs.policy import CORE, FORCED
from tests.factories.transitions import ATTEMPT, RUN, flow_transition, state


def test_a_lease_is_carried_on():
    initial = state("PENDING", deployment_concurrency_lease_id=str(RUN))
    for policy in (CORE, FORCED):
        kept = govern(policy, flow_transition(initial, state("RUNNING"))).state
        assert kept is not None
        assert kept.state_details.deployment_concurrency_lease_id == RUN


def test_unless_another_is_proposed():
    initial = state("PENDING", deployment_concurrency_lease_id=str(RUN))
    proposed = state("RUNNING", deployment_concurrency_lease_id=str(ATTEMPT))
    kept = govern(CORE, flow_transition(initial, proposed)).state
    assert kept is not None
    assert kept.state_details.deployment_concurrency_lease_id == ATTEMPT

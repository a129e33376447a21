import pytest

from locum.domain.orchestration import FlowRunFacts, Policy, SetStateStatus, govern
from locum.domain.states import State, StateType
from locum.features.flow_runs.policy import CORE, FORCED
from tests.factories.transitions import flow_run, flow_transition, state


class TestCancellingEndsInCancelled:
    @pytest.mark.parametrize("proposed", [t for t in StateType if t is not StateType.CANCELLED])
    def test_refuses(self, proposed: StateType):
        decision = govern(CORE, flow_transition(state("CANCELLING"), state(proposed)))
        assert decision.details.model_dump() == {
            "type": "reject_details",
            "reason": "Cannot transition flows that are cancelling to a state other than Cancelled.",
        }

    def test_ends(self):
        decision = govern(CORE, flow_transition(state("CANCELLING"), state("CANCELLED")))
        assert decision.status is SetStateStatus.ACCEPT

    def test_force_has_its_way(self):
        decision = govern(FORCED, flow_transition(state("CANCELLING"), state("RUNNING")))
        assert decision.status is SetStateStatus.ACCEPT


@pytest.mark.parametrize("policy", [CORE, FORCED])
class TestCancelAtOnceWithoutInfrastructure:
    @pytest.mark.parametrize(
        ("initial", "pid", "what"),
        [
            (state("SCHEDULED"), None, "Scheduled"),
            (state("SCHEDULED", "Resuming"), "123", "Scheduled"),
            (state("PAUSED", pause_reschedule=True), "123", "Suspended"),
        ],
    )
    def test_at_once(self, policy: Policy[FlowRunFacts], initial: State, pid: str | None, what: str):
        asked = flow_transition(initial, state("CANCELLING"), flow_run(infrastructure_pid=pid))
        decision = govern(policy, asked)
        assert decision.details.model_dump() == {
            "type": "reject_details",
            "reason": f"{what} flow run has no infrastructure to terminate.",
        }
        assert decision.state is not None
        assert (decision.state.type, decision.state.name) == (StateType.CANCELLED, "Cancelled")

    @pytest.mark.parametrize("initial", [state("SCHEDULED", "AwaitingRetry"), state("PAUSED")])
    def test_what_has_some_is_cancelled_by_its_worker(self, policy: Policy[FlowRunFacts], initial: State):
        asked = flow_transition(initial, state("CANCELLING"), flow_run(infrastructure_pid="123"))
        assert govern(policy, asked).status is SetStateStatus.ACCEPT

import pytest

from locum.domain.orchestration import FlowRunFacts, FlowRunPolicy, Policy, SetStateStatus, govern
from locum.features.flow_runs.policy import CORE, FORCED, MARK_LATE
from tests.factories.transitions import ATTEMPT, DEPLOYMENT, flow_run, flow_transition, state

RESULT = {"type": "result"}
PAUSED_BEFORE = FlowRunPolicy(pause_keys={"a"}, resuming=True, retry_type="in_process")
TERMINAL = ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"]
KEEPS = "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not."


class TestRefuseRepeats:
    def test_answers_with_the_state_it_led_to(self):
        initial = state("RUNNING", transition_id=str(ATTEMPT))
        decision = govern(CORE, flow_transition(initial, state("RUNNING", transition_id=str(ATTEMPT))))
        assert decision.status is SetStateStatus.REJECT
        assert decision.current is initial
        assert decision.result().details.model_dump()["reason"] == "This run has already made this state transition."

    def test_another_attempt_is_another_transition(self):
        decision = govern(CORE, flow_transition(state("RUNNING", transition_id=str(ATTEMPT)), state("RUNNING")))
        assert decision.status is SetStateStatus.ACCEPT


class TestLeaveTerminalStates:
    @pytest.mark.parametrize("initial", TERMINAL)
    @pytest.mark.parametrize("proposed", ["CANCELLING", "PAUSED", "CRASHED"])
    def test_what_ended_is_not_stopped(self, initial: str, proposed: str):
        decision = govern(CORE, flow_transition(state(initial), state(proposed)))
        assert decision.status is SetStateStatus.ABORT
        assert decision.details.model_dump()["reason"] == f"Run is already in terminal state {initial}."

    def test_a_result_is_kept_from_a_rerun(self):
        decision = govern(CORE, flow_transition(state("COMPLETED", data=RESULT), state("RUNNING")))
        assert decision.details.model_dump() == {"type": "reject_details", "reason": "Run is already COMPLETED."}

    @pytest.mark.parametrize("data", [None, {}, {"type": "unpersisted"}, "text"])
    def test_without_a_result_it_runs_again(self, data: object):
        decision = govern(CORE, flow_transition(state("COMPLETED", data=data), state("RUNNING")))
        assert decision.status is SetStateStatus.ACCEPT

    @pytest.mark.parametrize("policy", [CORE, FORCED])
    def test_a_result_is_not_overwritten_with_none(self, policy: Policy[FlowRunFacts]):
        decision = govern(policy, flow_transition(state("COMPLETED", data=RESULT), state("COMPLETED")))
        assert decision.details.model_dump() == {"type": "reject_details", "reason": KEEPS}

    def test_but_with_another(self):
        for data in (RESULT, {}):
            decision = govern(CORE, flow_transition(state("COMPLETED", data=RESULT), state("COMPLETED", data=data)))
            assert decision.status is SetStateStatus.ACCEPT

    def test_no_reschedule_without_a_deployment(self):
        decision = govern(CORE, flow_transition(state("FAILED"), state("SCHEDULED")))
        assert decision.details.model_dump() == {
            "type": "abort_details",
            "reason": "Cannot reschedule a run without an associated deployment.",
        }

    @pytest.mark.parametrize(("proposed", "retry_type"), [("SCHEDULED", "reschedule"), ("RUNNING", None)])
    def test_a_new_attempt_forgets_the_pauses(self, proposed: str, retry_type: str | None):
        run = flow_run(deployment_id=DEPLOYMENT, empirical_policy=PAUSED_BEFORE)
        policy = govern(CORE, flow_transition(state("FAILED"), state(proposed), run)).run.empirical_policy
        assert (policy.pause_keys, policy.resuming, policy.retry_type) == (set(), False, retry_type)

    def test_a_refused_one_does_not(self):
        run = flow_run(deployment_id=DEPLOYMENT, empirical_policy=PAUSED_BEFORE)
        decision = govern(CORE, flow_transition(state("CANCELLED"), state("PENDING"), run))
        assert decision.status is SetStateStatus.ABORT
        assert decision.run.empirical_policy == PAUSED_BEFORE


class TestOnlyScheduledRunsAreLate:
    @pytest.mark.parametrize("policy", [CORE, MARK_LATE])
    @pytest.mark.parametrize(
        ("initial", "name", "reason"),
        [
            ("RUNNING", "Running", "Only scheduled flows can be marked late."),
            ("SCHEDULED", "Late", "This flow run is already marked late."),
        ],
    )
    def test_refuses(self, policy: Policy[FlowRunFacts], initial: str, name: str, reason: str):
        decision = govern(policy, flow_transition(state(initial, name), state("SCHEDULED", "Late")))
        assert decision.details.model_dump() == {"type": "reject_details", "reason": reason}

    def test_marks(self):
        decision = govern(MARK_LATE, flow_transition(state("SCHEDULED"), state("SCHEDULED", "Late")))
        assert decision.state is not None
        assert decision.state.name == "Late"

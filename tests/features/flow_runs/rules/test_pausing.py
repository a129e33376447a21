import pytest

from locum.domain.orchestration import FlowRunPolicy, SetStateStatus, govern
from locum.domain.orchestration.effects import ForgetInputs
from locum.domain.states import StateType
from locum.features.flow_runs.policy import CORE
from tests.factories.transitions import DEPLOYMENT, EARLIER, LATER, PARENT, flow_run, flow_transition, state

FIRED = FlowRunPolicy(pause_keys={"a"})


class TestGoIntoPause:
    @pytest.mark.parametrize(("name", "verb"), [(None, "pause"), ("Suspended", "suspend")])
    def test_only_what_runs(self, name: str | None, verb: str):
        decision = govern(CORE, flow_transition(state("PENDING"), state("PAUSED", name)))
        reason = f"Cannot {verb} flows that are not currently running."
        assert decision.details.model_dump() == {"type": "reject_details", "reason": reason}
        assert not decision.run_changed

    def test_not_what_has_no_state(self):
        decision = govern(CORE, flow_transition(None, state("PAUSED")))
        reason = "Cannot pause flows with no state."
        assert decision.details.model_dump() == {"type": "abort_details", "reason": reason}

    def test_remembers_that_it_fired(self):
        decision = govern(CORE, flow_transition(state("RUNNING"), state("PAUSED", pause_key="b"), flow_run()))
        assert decision.run.empirical_policy.pause_keys == {"b"}

    def test_remembers_one_without_a_key_too(self):
        decision = govern(CORE, flow_transition(state("RUNNING"), state("PAUSED"), flow_run(empirical_policy=FIRED)))
        assert decision.run.empirical_policy.pause_keys is not None
        assert len(decision.run.empirical_policy.pause_keys) == 2

    def test_does_not_fire_twice(self):
        asked = flow_transition(state("RUNNING"), state("PAUSED", pause_key="a"), flow_run(empirical_policy=FIRED))
        decision = govern(CORE, asked)
        assert decision.details.model_dump() == {"type": "reject_details", "reason": "This pause has already fired."}

    def test_forgets_what_an_earlier_attempt_was_told(self):
        keyset = {"schema": "s", "response": "r"}
        decision = govern(CORE, flow_transition(state("RUNNING"), state("PAUSED", run_input_keyset=keyset)))
        assert decision.effects == (ForgetInputs(("s", "r")),)

    def test_a_subflow_is_not_suspended(self):
        run = flow_run(parent_task_run_id=PARENT, deployment_id=DEPLOYMENT)
        decision = govern(CORE, flow_transition(state("RUNNING"), state("PAUSED", pause_reschedule=True), run))
        assert decision.details.model_dump() == {"type": "abort_details", "reason": "Cannot pause subflows."}

    def test_nor_is_a_run_of_no_deployment(self):
        decision = govern(CORE, flow_transition(state("RUNNING"), state("PAUSED", "Suspended", pause_reschedule=True)))
        reason = "Cannot suspend flows without a deployment."
        assert decision.details.model_dump() == {"type": "abort_details", "reason": reason}


class TestComeBackFromPause:
    def test_runs_on(self):
        decision = govern(CORE, flow_transition(state("PAUSED"), state("RUNNING")))
        assert decision.status is SetStateStatus.ACCEPT
        assert decision.run.empirical_policy.resuming is True

    def test_not_to_pending_yet_marked_as_coming_back(self):
        decision = govern(CORE, flow_transition(state("PAUSED"), state("PENDING")))
        reason = "This run cannot transition to the StateType.PENDING state from the StateType.PAUSED state."
        assert decision.details.model_dump() == {"type": "reject_details", "reason": reason}
        assert decision.run_changed
        assert decision.run.empirical_policy.resuming is True

    def test_a_blocking_pause_that_is_rescheduled_begins_anew(self):
        run = flow_run(empirical_policy=FIRED)
        policy = govern(CORE, flow_transition(state("PAUSED"), state("SCHEDULED"), run)).run.empirical_policy
        assert (policy.resuming, policy.pause_keys, policy.retry_type) == (False, set(), "reschedule")

    def test_a_suspension_keeps_its_keys(self):
        run = flow_run(empirical_policy=FIRED, deployment_id=DEPLOYMENT)
        asked = flow_transition(state("PAUSED", pause_reschedule=True), state("SCHEDULED", "Resuming"), run)
        policy = govern(CORE, asked).run.empirical_policy
        assert (policy.resuming, policy.pause_keys) == (True, {"a"})

    def test_no_way_back_without_a_deployment(self):
        asked = flow_transition(state("PAUSED", pause_reschedule=True), state("RUNNING"))
        reason = "Cannot reschedule a running flow run without a deployment."
        assert govern(CORE, asked).details.model_dump() == {"type": "reject_details", "reason": reason}

    def test_too_late_is_failed(self):
        asked = flow_transition(state("PAUSED", pause_timeout=EARLIER), state("RUNNING"))
        decision = govern(CORE, asked)
        reason = "The flow run pause has timed out and can no longer resume."
        assert decision.details.model_dump() == {"type": "reject_details", "reason": reason}
        assert decision.state is not None
        assert (decision.state.type, decision.state.message) == (
            StateType.FAILED,
            "The flow was running and never resumed.",
        )

    @pytest.mark.parametrize(("proposed", "timeout"), [("RUNNING", LATER), ("CANCELLING", EARLIER)])
    def test_in_time_or_to_be_cancelled(self, proposed: str, timeout: object):
        asked = flow_transition(state("PAUSED", pause_timeout=timeout), state(proposed))
        assert govern(CORE, asked).status is SetStateStatus.ACCEPT

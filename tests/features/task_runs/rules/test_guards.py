import pytest

from locum.domain.orchestration import EnclosingFlowRun, SetStateStatus, govern
from locum.domain.states import StateDetails, StateType
from locum.features.task_runs.policy import CORE
from tests.factories.transitions import FLOW_RUN, LATER, state, task_run, task_transition

RUNNING = EnclosingFlowRun(id=FLOW_RUN, run_count=1, state_type=StateType.RUNNING)


class TestLeaveTerminalStates:
    @pytest.mark.parametrize("initial", ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"])
    @pytest.mark.parametrize("proposed", ["CANCELLING", "PAUSED", "CRASHED"])
    def test_what_ended_is_not_stopped(self, initial: str, proposed: str):
        decision = govern(CORE, task_transition(state(initial), state(proposed)))
        assert decision.details.model_dump() == {"type": "abort_details", "reason": f"Run is already {initial}."}

    @pytest.mark.parametrize("proposed", ["RUNNING", "COMPLETED", "FAILED"])
    def test_a_result_is_kept(self, proposed: str):
        decision = govern(CORE, task_transition(state("COMPLETED", data={"type": "result"}), state(proposed)))
        assert decision.details.model_dump() == {
            "type": "reject_details",
            "reason": "This run is already completed.",
        }

    def test_a_new_attempt_has_all_its_retries(self):
        decision = govern(CORE, task_transition(state("FAILED"), state("RUNNING"), task_run(run_count=3)))
        assert decision.run.run_count == 1
        assert decision.state is not None
        assert decision.state.name == "Running"

    def test_in_a_new_attempt_of_the_flow_run_it_is_retrying(self):
        run = task_run(run_count=3, flow_run_run_count=0, flow_run=RUNNING)
        decision = govern(CORE, task_transition(state("FAILED"), state("RUNNING"), run))
        assert decision.state is not None
        assert decision.state.name == "Retrying"
        assert decision.run.flow_run_run_count == 1

    def test_one_that_is_refused_keeps_its_count(self):
        run = task_run(run_count=3, flow_run=EnclosingFlowRun(id=FLOW_RUN, state_type=StateType.FAILED))
        decision = govern(CORE, task_transition(state("FAILED"), state("RUNNING"), run))
        assert decision.status is SetStateStatus.ABORT
        assert decision.run.run_count == 3


class TestRunOnlyInRunningFlow:
    @pytest.mark.parametrize("type", [None, *sorted(set(StateType) - {StateType.RUNNING, StateType.PAUSED})])
    def test_stops_with_the_flow_run(self, type: StateType | None):
        run = task_run(flow_run=EnclosingFlowRun(id=FLOW_RUN, state_type=type))
        decision = govern(CORE, task_transition(state("PENDING"), state("RUNNING"), run))
        assert decision.details.model_dump() == {
            "type": "abort_details",
            "reason": "The enclosing flow must be running to begin task execution.",
        }

    def test_pauses_with_it(self):
        pause = StateDetails(pause_timeout=LATER, pause_reschedule=True)
        run = task_run(flow_run=EnclosingFlowRun(id=FLOW_RUN, state_type=StateType.PAUSED, state_details=pause))
        decision = govern(CORE, task_transition(state("PENDING"), state("RUNNING"), run))
        assert decision.details.model_dump() == {
            "type": "reject_details",
            "reason": f"The flow is paused, new tasks can execute after resuming flow run: {FLOW_RUN}.",
        }
        assert decision.state is not None
        assert (decision.state.type, decision.state.name) == (StateType.PAUSED, "NotReady")
        details = decision.state.state_details
        assert (details.pause_timeout, details.pause_reschedule) == (LATER, True)

    def test_runs_with_it_or_with_none(self):
        for flow_run in (None, RUNNING):
            asked = task_transition(state("PENDING"), state("RUNNING"), task_run(flow_run=flow_run))
            assert govern(CORE, asked).status is SetStateStatus.ACCEPT

from datetime import timedelta

import pytest

from locum.domain.orchestration import FlowRunFacts, StateAbortDetails, StateWaitDetails
from locum.domain.orchestration.scheduling import CopyScheduledTime, WaitForScheduledTime
from locum.domain.orchestration.submission import RefuseSecondSubmission
from tests.factories.transitions import EARLIER, LATER, NOW, RUN, flow_transition, state


class TestCopyScheduledTime:
    rule = CopyScheduledTime[FlowRunFacts]()

    def test_copies(self):
        verdict = self.rule.before(flow_transition(state("SCHEDULED", scheduled_time=LATER), state("PENDING")))
        assert verdict is not None
        assert verdict.state is not None
        assert verdict.state.state_details.scheduled_time == LATER

    def test_leaves_a_new_time(self):
        asked = flow_transition(state("SCHEDULED", scheduled_time=LATER), state("PENDING", scheduled_time=NOW))
        assert self.rule.before(asked) is None


class TestWaitForScheduledTime:
    rule = WaitForScheduledTime[FlowRunFacts]()

    @pytest.mark.parametrize(
        ("micros", "seconds"),
        [(1, 1), (500_000, 1), (500_001, 1), (1_000_000, 1), (1_500_000, 1), (1_500_001, 2), (60_000_000, 60)],
    )
    def test_waits_to_the_nearest_second_but_never_less(self, micros: int, seconds: int):
        due = NOW + timedelta(microseconds=micros)
        verdict = self.rule.before(flow_transition(state("SCHEDULED", scheduled_time=due), state("RUNNING")))
        assert verdict is not None
        assert verdict.details == StateWaitDetails(delay_seconds=seconds, reason="Scheduled time is in the future")

    @pytest.mark.parametrize("micros", [-60_000_000, -1, 0])
    def test_lets_go(self, micros: int):
        due = NOW + timedelta(microseconds=micros)
        assert self.rule.before(flow_transition(state("PENDING", scheduled_time=due), state("RUNNING"))) is None

    def test_lets_go_what_was_never_due(self):
        assert self.rule.before(flow_transition(state("PENDING"), state("RUNNING"))) is None


class TestRefuseSecondSubmission:
    rule = RefuseSecondSubmission[FlowRunFacts]()

    @pytest.mark.parametrize("type", ["PENDING", "RUNNING", "CANCELLING", "CANCELLED"])
    def test_refuses(self, type: str):
        verdict = self.rule.before(flow_transition(state(type), state("PENDING")))
        assert verdict is not None
        reason = f"This run is in a {type} state and cannot transition to a PENDING state."
        assert verdict.details == StateAbortDetails(reason=reason)

    def test_lets_pending_go_on_under_another_name(self):
        initial = state("PENDING", scheduled_time=EARLIER, deployment_concurrency_lease_id=str(RUN))
        verdict = self.rule.before(flow_transition(initial, state("PENDING", "Submitting")))
        assert verdict is not None
        assert verdict.state is not None
        details = verdict.state.state_details
        assert (details.scheduled_time, details.deployment_concurrency_lease_id) == (EARLIER, RUN)

    @pytest.mark.parametrize("name", ["Submitting", "Pending"])
    def test_but_neither_twice_nor_back(self, name: str):
        verdict = self.rule.before(flow_transition(state("PENDING", "Submitting"), state("PENDING", name)))
        assert verdict is not None
        assert isinstance(verdict.details, StateAbortDetails)

from datetime import timedelta

import pytest

from locum.domain.orchestration import FlowRunPolicy
from locum.domain.orchestration.bookkeeping import (
    book_flow_run,
    book_task_run,
    stamp_flow_run_state,
    stamp_task_run_state,
)
from tests.factories.transitions import (
    EARLIER,
    FLOW_RUN,
    LATER,
    NOW,
    PARENT,
    RUN,
    flow_run,
    flow_transition,
    state,
    task_run,
    task_transition,
)

RESUMING = FlowRunPolicy(resuming=True)


class TestStamp:
    def test_names_the_flow_run_and_its_stand_in(self):
        asked = flow_transition(None, state("RUNNING"), flow_run(parent_task_run_id=PARENT))
        details = stamp_flow_run_state(asked, asked.proposed).state_details
        assert (details.flow_run_id, details.task_run_id) == (RUN, PARENT)

    def test_names_the_task_run_and_its_flow_run(self):
        asked = task_transition(None, state("RUNNING"), task_run(flow_run_id=FLOW_RUN))
        details = stamp_task_run_state(asked, asked.proposed).state_details
        assert (details.flow_run_id, details.task_run_id) == (FLOW_RUN, RUN)

    def test_a_state_of_a_flow_run_is_later_than_the_one_before(self):
        for at in (EARLIER, NOW):
            asked = flow_transition(state("PENDING", at=NOW), state("RUNNING", at=at))
            assert stamp_flow_run_state(asked, asked.proposed).timestamp == NOW + timedelta(microseconds=1)

    def test_two_states_of_a_task_run_share_no_timestamp(self):
        for at, kept in ((NOW, NOW + timedelta(microseconds=1)), (EARLIER, EARLIER)):
            asked = task_transition(state("PENDING", at=NOW), state("RUNNING", at=at))
            assert stamp_task_run_state(asked, asked.proposed).timestamp == kept


class TestTimes:
    def test_start_is_the_first_running(self):
        asked = flow_transition(state("PENDING"), state("RUNNING", at=NOW))
        assert book_flow_run(asked, asked.proposed).start_time == NOW

    def test_start_stays(self):
        asked = flow_transition(state("SCHEDULED"), state("RUNNING", at=NOW), flow_run(start_time=EARLIER))
        assert book_flow_run(asked, asked.proposed).start_time == EARLIER

    def test_a_run_that_never_ran_starts_when_it_ends(self):
        asked = flow_transition(state("PENDING"), state("CRASHED", at=NOW))
        run = book_flow_run(asked, asked.proposed)
        assert (run.start_time, run.end_time) == (NOW, NOW)

    def test_end_stays_between_two_ends(self):
        asked = flow_transition(state("FAILED"), state("COMPLETED", at=NOW), flow_run(end_time=EARLIER))
        assert book_flow_run(asked, asked.proposed).end_time == EARLIER

    def test_end_is_cleared_by_a_new_beginning(self):
        asked = flow_transition(state("FAILED"), state("RUNNING", at=NOW), flow_run(end_time=EARLIER))
        assert book_flow_run(asked, asked.proposed).end_time is None

    def test_run_time_is_what_was_spent_running(self):
        asked = flow_transition(state("RUNNING", at=EARLIER), state("COMPLETED", at=NOW), flow_run(total_run_time=1.5))
        assert book_flow_run(asked, asked.proposed).total_run_time == pytest.approx(61.5)

    def test_other_time_is_not(self):
        asked = flow_transition(state("PENDING", at=EARLIER), state("RUNNING", at=NOW))
        assert book_flow_run(asked, asked.proposed).total_run_time == 0

    def test_expected_start_is_when_it_was_first_due(self):
        due = flow_transition(None, state("SCHEDULED", scheduled_time=LATER))
        now = flow_transition(None, state("PENDING", at=NOW))
        known = flow_transition(None, state("PENDING"), flow_run(expected_start_time=EARLIER))
        assert [book_flow_run(asked, asked.proposed).expected_start_time for asked in (due, now, known)] == [
            LATER,
            NOW,
            EARLIER,
        ]

    def test_next_start_is_known_while_scheduled(self):
        asked = flow_transition(None, state("SCHEDULED", scheduled_time=LATER))
        scheduled = book_flow_run(asked, asked.proposed)
        asked = flow_transition(asked.proposed, state("PENDING"), scheduled)
        assert scheduled.next_scheduled_start_time == LATER
        assert book_flow_run(asked, asked.proposed).next_scheduled_start_time is None


class TestCounts:
    def test_every_running_counts(self):
        flow = flow_transition(state("PENDING"), state("RUNNING"), flow_run(run_count=1))
        task = task_transition(state("PENDING"), state("RUNNING"), task_run(run_count=1))
        assert book_flow_run(flow, flow.proposed).run_count == 2
        assert book_task_run(task, task.proposed).run_count == 2

    def test_coming_back_from_a_pause_does_not(self):
        asked = flow_transition(state("PAUSED"), state("RUNNING"), flow_run(run_count=1, empirical_policy=RESUMING))
        run = book_flow_run(asked, asked.proposed)
        assert run.run_count == 1
        assert run.empirical_policy.resuming is False

    def test_it_does_for_clients_that_know_no_pauses(self):
        run = flow_run(run_count=1, empirical_policy=RESUMING)
        asked = flow_transition(state("PAUSED"), state("RUNNING"), run, api_version=(0, 8, 3))
        booked = book_flow_run(asked, asked.proposed)
        assert booked.run_count == 2
        assert booked.empirical_policy.resuming is True

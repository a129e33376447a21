from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.domain.orchestration import Decision, SetStateStatus, TaskRunFacts, TaskRunPolicy, govern
from locum.features.task_runs.policy import CORE
from locum.features.task_runs.rules.retries import stray
from tests.factories.transitions import NOW, state, task_run, task_transition


def fail(run_count: int, *, chance: float = 0.5, retriable: bool | None = None, **policy: Any):
    run = task_run(run_count=run_count, empirical_policy=TaskRunPolicy(**policy))
    asked = task_transition(state("RUNNING"), state("FAILED", at=NOW, retriable=retriable), run, chance=chance)
    decision: Decision[TaskRunFacts] = govern(CORE, asked)
    return decision


def delay(decision: Decision[TaskRunFacts]) -> timedelta | None:
    due = decision.state.state_details.scheduled_time if decision.state else None
    return due - NOW if due else None


class TestRetryFailedRuns:
    @pytest.mark.parametrize(
        ("run_count", "asked", "seconds"),
        [(1, None, 0), (1, 7, 7), (1, 2.5, 2.5), (1, [3, 5], 3), (2, [3, 5], 5), (3, [3, 5], 5), (1, [], 0)],
    )
    def test_tries_again_after_the_delay(self, run_count: int, asked: Any, seconds: float):
        decision = fail(run_count, retries=9, retry_delay=asked)
        assert decision.details.model_dump() == {"type": "reject_details", "reason": "Retrying"}
        assert delay(decision) == timedelta(seconds=seconds)

    def test_gives_up_in_the_end(self):
        assert fail(2, retries=1).status is SetStateStatus.ACCEPT

    def test_and_where_it_is_no_use(self):
        assert fail(1, retries=1, retriable=False).status is SetStateStatus.ACCEPT
        assert fail(1, retries=1, retriable=True).status is SetStateStatus.REJECT

    def test_jitter_strays_from_what_was_asked(self):
        lowest = delay(fail(1, retries=1, retry_delay=100, retry_jitter_factor=0.5, chance=0.0))
        highest = delay(fail(1, retries=1, retry_delay=100, retry_jitter_factor=0.5, chance=0.999999))
        assert lowest is not None
        assert highest is not None
        assert timedelta(0) < lowest < timedelta(seconds=100) < highest <= timedelta(seconds=150)


@given(st.floats(0.001, 1e6), st.floats(0.01, 200), st.floats(0, 1, exclude_max=True))
def test_jitter_is_bounded(average: float, factor: float, chance: float):
    bound = average * (1 + factor)
    assert 0 <= stray(average, factor, chance) <= bound * (1 + 1e-6)


class TestNameReruns:
    @pytest.mark.parametrize(("name", "expected"), [("AwaitingRetry", "Retrying"), ("Scheduled", "Rerunning")])
    def test_names(self, name: str, expected: str):
        decision = govern(CORE, task_transition(state("SCHEDULED", name), state("RUNNING"), task_run(run_count=1)))
        assert decision.state is not None
        assert decision.state.name == expected

    def test_the_first_run_is_just_running(self):
        decision = govern(CORE, task_transition(state("SCHEDULED"), state("RUNNING")))
        assert decision.state is not None
        assert decision.state.name == "Running"

from dataclasses import replace
from typing import Any

import pytest

from locum.domain.orchestration import SetStateStatus, SlotLimit, govern
from locum.domain.orchestration.effects import GiveBackTags, TakeSlots
from locum.features.task_runs.policy import BACKGROUND, CORE, FORCED
from tests.factories.transitions import ATTEMPT, LATER, RUN, state, task_run, task_transition

LIMIT = SlotLimit(id=ATTEMPT, name="tag:a", size=2, turn=7)
FULL = replace(LIMIT, name="tag:b", has_room=False, wait=4.4)


def asked(*limits: SlotLimit, initial: str = "PENDING", proposed: str = "RUNNING", **details: Any) -> Any:
    run = task_run(tags=("a", "b"), tag_limits=limits)
    return task_transition(state(initial, **details), state(proposed), run)


class TestTaking:
    def test_a_slot_of_each_limit_under_one_lease(self):
        other = replace(LIMIT, id=RUN)
        [effect] = govern(CORE, asked(LIMIT, other)).effects
        assert isinstance(effect, TakeSlots)
        assert (effect.limits, effect.lasts) == ((LIMIT, other), None)

    def test_waits_where_one_is_full(self):
        decision = govern(CORE, asked(LIMIT, FULL))
        assert (decision.status, decision.effects) == (SetStateStatus.WAIT, ())
        assert decision.details.model_dump() == {
            "type": "wait_details",
            "delay_seconds": 4,
            "reason": "Concurrency limit reached for tags: a, b",
        }

    def test_waits_for_a_second_at_least(self):
        details = govern(CORE, asked(replace(FULL, wait=0.01))).details.model_dump()
        assert details["delay_seconds"] == 1

    def test_stops_where_there_never_will_be_one(self):
        decision = govern(CORE, asked(FULL, replace(LIMIT, size=0, has_room=False)))
        assert (decision.status, decision.effects) == (SetStateStatus.ABORT, ())

    @pytest.mark.parametrize("limit", [replace(FULL, active=False), replace(FULL, held=True)])
    def test_what_is_inactive_or_held_already_is_no_hindrance(self, limit: SlotLimit):
        decision = govern(CORE, asked(limit))
        assert (decision.status, decision.effects) == (SetStateStatus.ACCEPT, ())

    @pytest.mark.parametrize("policy", [FORCED, BACKGROUND])
    def test_not_by_force_and_not_for_background_tasks(self, policy: Any):
        decision = govern(policy, asked(FULL))
        assert (decision.status, decision.effects) == (SetStateStatus.ACCEPT, ())

    def test_not_for_one_who_comes_too_early(self):
        decision = govern(CORE, asked(LIMIT, scheduled_time=LATER))
        assert (decision.status, decision.effects) == (SetStateStatus.WAIT, ())


class TestGivingBack:
    @pytest.mark.parametrize("ends", ["COMPLETED", "FAILED", "CRASHED", "CANCELLED", "PENDING", "SCHEDULED", "PAUSED"])
    @pytest.mark.parametrize("policy", [CORE, FORCED])
    def test_when_it_does_not_run(self, ends: str, policy: Any):
        assert govern(policy, asked(initial="RUNNING", proposed=ends)).effects == (GiveBackTags(("a", "b")),)

    def test_not_while_it_is_being_cancelled(self):
        assert govern(CORE, asked(initial="RUNNING", proposed="CANCELLING")).effects == ()

    def test_nothing_without_tags(self):
        assert govern(CORE, task_transition(state("RUNNING"), state("FAILED"))).effects == ()

"""Whether there is room, and how long to wait: pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from locum.domain.ids import new_id
from locum.features.concurrency.accounting import Limit, Patience, deny, occupancy_after, still_waiting

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = Patience(tag=10, other=30)
STEADY = Limit(
    id=new_id(),
    name="database",
    limit=2,
    active=True,
    decay=0.0,
    occupancy=2.0,
    taken=0.0,
    denied=0.0,
    counted=NOW,
    now=NOW,
    held=2,
)
RATE = replace(STEADY, decay=0.5, taken=2.0, held=0)
LIMITS = st.builds(
    Limit,
    id=st.just(new_id()),
    name=st.just("database"),
    limit=st.integers(1, 20),
    active=st.just(True),
    decay=st.sampled_from([0.0, 0.001, 0.5, 100.0]),
    occupancy=st.none() | st.floats(0, 1e6),
    taken=st.floats(0, 20),
    denied=st.floats(0, 1e6),
    counted=st.just(NOW),
    now=st.floats(0, 100).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    held=st.integers(1, 20),
)


def later(limit: Limit, seconds: float) -> Limit:
    return replace(limit, now=limit.now + timedelta(seconds=seconds))


class TestRoom:
    def test_steady(self):
        assert not STEADY.has_room(1)
        assert replace(STEADY, held=1).has_room(1)
        assert not replace(STEADY, held=1).has_room(2)

    def test_rate(self):
        assert not RATE.has_room(1)
        assert not later(RATE, 1.9).has_room(1)
        assert later(RATE, 2).has_room(1)
        assert later(RATE, 60).has_room(2)
        assert [later(RATE, seconds).slots_in_use for seconds in (0, 1, 2, 3, 4, 60)] == [2, 2, 1, 1, 0, 0]

    def test_a_clock_that_went_back_decays_nothing(self):
        assert later(RATE, -5).level == 2


class TestWait:
    def test_a_rate_is_exact(self):
        assert deny(RATE, 1, PATIENCE, 0.3).wait == 2
        assert deny(RATE, 2, PATIENCE, 0.3).wait == 4
        assert deny(later(RATE, 1.5), 1, PATIENCE, 0.3).wait == 0.5

    def test_who_comes_to_a_rate_later_waits_longer(self):
        waits: list[float] = []
        limit = RATE
        for _ in range(3):
            denial = deny(limit, 1, PATIENCE, 0.3)
            waits.append(denial.wait)
            limit = replace(limit, denied=denial.denied)
        assert waits == [2, 4, 6]
        # the first two have come and were served; the third comes in two seconds
        assert deny(replace(later(limit, 4), taken=4.0), 1, PATIENCE, 0.3).wait == 4

    def test_nobody_waits_long_for_those_who_went_away(self):
        assert deny(replace(RATE, denied=1e6), 1, PATIENCE, 0.3).wait == 32

    def test_steady_waits_for_as_long_as_slots_are_held(self):
        assert deny(STEADY, 1, PATIENCE, 0.5).wait == 1
        assert deny(replace(STEADY, occupancy=6.0), 2, PATIENCE, 0.5).wait == 6
        assert deny(replace(STEADY, occupancy=None), 1, PATIENCE, 0.5).wait == 0.5

    def test_no_longer_than_until_leases_run_out(self):
        slow = replace(STEADY, occupancy=60.0)
        assert deny(slow, 1, PATIENCE, 0.5, [(3.0, 1), (7.0, 1)]).wait == 3
        assert deny(slow, 2, PATIENCE, 0.5, [(3.0, 1), (7.0, 1)]).wait == 7
        assert deny(slow, 2, PATIENCE, 0.5, [(3.0, 1)]).wait == 30

    def test_patience(self):
        slow = replace(STEADY, occupancy=1e9)
        assert deny(slow, 1, PATIENCE, 1).wait == 30
        assert deny(replace(slow, name="tag:x"), 1, PATIENCE, 1).wait == 10

    @given(at=LIMITS, slots=st.integers(1, 20), luck=st.floats(0, 1))
    def test_always_some_wait_within_bounds(self, at: Limit, slots: int, luck: float):
        if at.limit < slots or at.has_room(slots):
            return
        denial = deny(at, slots, PATIENCE, luck)
        assert denial.wait > 0
        assert denial.denied >= slots
        if at.decay:
            exact = (at.level + slots - at.limit) / at.decay
            assert exact - 1e-6 <= denial.wait <= exact + PATIENCE.other + 1e-6
        else:
            assert denial.wait <= PATIENCE.other

    @given(denied=st.floats(0, 1e6), seconds=st.floats(0, 1e6))
    def test_those_who_wait_are_forgotten(self, denied: float, seconds: float):
        left = still_waiting(later(replace(STEADY, denied=denied), seconds), 30)
        assert 0 <= left <= denied
        assert still_waiting(later(replace(STEADY, denied=denied), 1e6), 30) == 0


class TestOccupancy:
    def test_the_first_is_believed(self):
        assert occupancy_after(replace(STEADY, occupancy=None), 7, 1) == 7

    def test_the_last_two_fillings_count(self):
        assert occupancy_after(STEADY, 6, 1) == 3
        assert occupancy_after(STEADY, 6, 2) == 4
        assert occupancy_after(STEADY, 6, 100) == 6

    def test_never_nothing(self):
        assert occupancy_after(replace(STEADY, limit=0), 0, 1) > 0

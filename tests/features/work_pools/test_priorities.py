"""The order of a pool's queues."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from locum.features.work_pools.priorities import lowest_free, settle

SOME = st.dictionaries(st.integers(0, 30), st.integers(1, 12), max_size=12)


class TestLowestFree:
    def test_a_gap_is_taken(self):
        assert lowest_free([4, 1, 2]) == 3

    def test_else_the_end(self):
        assert lowest_free([2, 1]) == 3
        assert lowest_free([]) == 1

    def test_the_front_may_be_the_gap(self):
        assert lowest_free([3]) == 1


class TestSettle:
    def test_who_is_placed_comes_first_and_the_rest_moves_down(self):
        assert settle({"a": 1, "b": 2, "c": 4, "new": 1}, "new") == {"a": 2, "b": 3}

    def test_nothing_moves_where_there_is_room(self):
        assert settle({"a": 1, "new": 7}, "new") == {}

    @given(SOME, st.integers(0, 30))
    def test_no_two_are_alike_and_the_order_stays(self, priorities: dict[int, int], placed: int):
        after = {**priorities, **settle(priorities, placed)}
        assert len(set(after.values())) == len(after)
        assert all(after[key] >= priorities[key] for key in priorities)
        for one, other in permutations(priorities, 2):
            if priorities[one] < priorities[other]:
                assert after[one] < after[other]

    @given(SOME, st.integers(0, 30))
    def test_who_is_placed_stays_unless_crowded_from_before(self, priorities: dict[int, int], placed: int):
        changed = settle(priorities, placed)
        before = [value for key, value in priorities.items() if key != placed and value < priorities.get(placed, 0)]
        if len(set(before)) == len(before):
            assert placed not in changed

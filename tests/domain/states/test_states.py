from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from locum.domain.moments import as_utc
from locum.domain.states import TERMINAL, State, StateCreate, StateDetails, StateType, has_persisted_result, storable
from tests.factories.transitions import LATER, NOW, state


class TestProposedState:
    def test_is_named_after_its_type(self):
        assert [StateCreate(type=t).to_state(NOW).name for t in (StateType.RUNNING, StateType.CANCELLING)] == [
            "Running",
            "Cancelling",
        ]

    def test_keeps_an_empty_name(self):
        assert StateCreate(type=StateType.RUNNING, name="").to_state(NOW).name == ""

    def test_scheduled_is_due_at_once(self):
        assert StateCreate(type=StateType.SCHEDULED).to_state(NOW).state_details.scheduled_time == NOW

    def test_scheduled_keeps_its_time(self):
        details = StateDetails(scheduled_time=LATER)
        proposed = StateCreate(type=StateType.SCHEDULED, state_details=details).to_state(NOW)
        assert proposed.state_details.scheduled_time == LATER

    def test_others_are_not_due(self):
        assert StateCreate(type=StateType.PENDING).to_state(NOW).state_details.scheduled_time is None

    def test_refuses_fields_it_does_not_know(self):
        with pytest.raises(ValidationError):
            StateCreate.model_validate({"type": "RUNNING", "colour": "red"})

    def test_details_drop_fields_they_do_not_know(self):
        proposed = StateCreate.model_validate({"type": "RUNNING", "state_details": {"colour": "red"}})
        assert proposed.state_details == StateDetails()

    def test_times_without_zone_are_in_utc(self):
        body = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2026-07-01T12:00:00"}}
        assert StateCreate.model_validate(body).state_details.scheduled_time == NOW


class TestStoredState:
    @given(
        st.sampled_from(StateType),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=5,
        ),
    )
    def test_reads_what_was_written(self, type: StateType, data: object):
        kept = state(type, data=data)
        again = State.stored(
            id=kept.id,
            type=kept.type.value,
            name=kept.name,
            timestamp=kept.timestamp,
            message=kept.message,
            details=kept.details_json(),
            data=kept.data_json(),
        )
        assert again == kept.but(data=storable(data))

    def test_data_holds_no_nan(self):
        assert state("COMPLETED", data=[float("nan"), float("inf")]).data_json() == "[null,null]"


class TestResults:
    @pytest.mark.parametrize("data", [None, [], "x", {"type": "unpersisted"}])
    def test_not_persisted(self, data: object):
        assert not has_persisted_result(data)

    @pytest.mark.parametrize("data", [{}, {"type": "result"}, {"a": 1}])
    def test_persisted(self, data: object):
        assert has_persisted_result(data)

    def test_the_mark_of_no_result_is_not_kept(self):
        assert storable({"type": "unpersisted"}) is None
        assert state("COMPLETED", data={"type": "unpersisted"}).data_json() is None


def test_four_types_are_final():
    assert {t for t in StateType if state(t).final} == TERMINAL


def test_moments_are_brought_to_utc():
    east = timezone(timedelta(hours=2))
    assert as_utc(NOW.astimezone(east)).utcoffset() == timedelta(0)
    assert as_utc(NOW.replace(tzinfo=None)) == NOW

"""A state is written twice, whole and apart, and both say the same."""

import math
from datetime import UTC, datetime
from uuid import uuid4

import orjson
import pytest

from locum.domain.states import State, StateDetails, StateType
from locum.tables.run_states import state_values

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def state(data: object = None) -> State:
    details = StateDetails(scheduled_time=NOW, pause_key="Lunch", transition_id=uuid4())
    return State(
        id=uuid4(),
        type=StateType.SCHEDULED,
        name="Späte",
        timestamp=NOW,
        message='a "word"\n',
        data=data,
        state_details=details,
    )


@pytest.mark.parametrize("data", [None, {"type": "reference", "size": 3}, [1, "two"], "", 0])
def test_the_whole_state_is_the_state_as_it_is_answered(data: object):
    one = state(data)
    assert orjson.loads(state_values(one)["state"]) == orjson.loads(one.model_dump_json())


def test_results_that_were_not_kept_are_not_written():
    values = state_values(state({"type": "unpersisted", "value": 1}))
    assert values["history_data"] is None
    assert orjson.loads(values["state"])["data"] is None


def test_numbers_that_postgresql_does_not_know_become_null():
    values = state_values(state([math.nan, math.inf]))
    assert values["history_data"] == "[null,null]"
    assert orjson.loads(values["state"])["data"] == [None, None]

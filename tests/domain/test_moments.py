"""Moments of the wire."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from locum.domain.moments import Moment

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


class TestMoment:
    @pytest.mark.parametrize(
        "text", ["2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "1767225600", "2026-01-01"]
    )
    def test_in_utc(self, text: str):
        assert MOMENT.validate_python(text) == datetime(2026, 1, 1, tzinfo=UTC)
        assert MOMENT.validate_python(text).tzinfo is UTC

    def test_never_first_or_last_which_the_driver_takes_for_infinities(self):
        assert MOMENT.validate_python("0001-01-01T00:00:00Z") > datetime.min.replace(tzinfo=UTC)
        assert MOMENT.validate_python("9999-12-31T23:59:59.999999Z") < datetime.max.replace(tzinfo=UTC)

    @pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-05:00"])
    def test_out_of_range(self, text: str):
        with pytest.raises(ValidationError):
            MOMENT.validate_python(text)

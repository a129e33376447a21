from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.domain.schedules import IntervalSchedule, iter_dates, next_dates
from locum.domain.schedules.zones import zone

NEW_YORK = "America/New_York"


def reading(*parts: int) -> datetime:
    """What a clock on the wall shows."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


moments = st.datetimes(reading(2000, 1, 1), reading(2035, 1, 1), timezones=st.just(UTC))
intervals = st.integers(1, 40 * 86400).map(lambda seconds: timedelta(seconds=seconds))


def every(seconds: float, anchor: datetime, timezone: str = "UTC") -> IntervalSchedule:
    return IntervalSchedule(interval=timedelta(seconds=seconds), anchor_date=anchor, timezone=timezone)


def clock(dates: list[datetime]) -> list[str]:
    return [f"{date:%m-%d %H:%M %z}" for date in dates]


class TestArithmetic:
    @given(intervals, moments, moments, st.integers(1, 30))
    def test_in_utc_dates_lie_on_the_grid_of_the_anchor(
        self, interval: timedelta, anchor: datetime, start: datetime, n: int
    ):
        dates = next_dates(IntervalSchedule(interval=interval, anchor_date=anchor), start=start, n=n)
        whole = not (interval.days and interval.seconds)
        first = anchor - (anchor - start) // interval * interval
        assert len(dates) == n
        assert dates[0] >= start
        assert all(later - earlier == interval for earlier, later in pairwise(dates))
        assert not whole or dates[0] == first

    @given(st.integers(1, 12), moments, moments, st.sampled_from(["Europe/Paris", NEW_YORK, "Asia/Kolkata"]))
    def test_whole_days_keep_the_reading_of_the_clock(self, days: int, anchor: datetime, start: datetime, name: str):
        schedule = every(days * 86400, anchor.replace(hour=12, minute=0, second=0, microsecond=0), name)
        noon = schedule.anchor_date.astimezone(zone(name)).time()
        assert all(date.time() == noon for date in iter_dates(schedule, start=start, n=20))

    def test_a_date_at_the_start_counts(self):
        start = datetime(2026, 1, 1, tzinfo=UTC)
        assert next_dates(every(60, start), start=start) == [start]

    def test_none_come_after_the_end(self):
        start = datetime(2026, 1, 1, tzinfo=UTC)
        dates = next_dates(every(3600, start), start=start, end=start + timedelta(hours=2))
        assert dates == [start + timedelta(hours=hours) for hours in range(3)]

    def test_the_last_years_of_the_calendar_end_it(self):
        anchor = datetime(9999, 12, 30, tzinfo=UTC)
        assert len(next_dates(every(86400, anchor), start=anchor, n=10)) == 2


class TestShifts:
    """Answers of the peer on Python 3.11, frozen."""

    def test_hours_leave_out_the_second_of_two_equal_readings(self):
        schedule = every(3600, datetime(2026, 1, 1, tzinfo=UTC), NEW_YORK)
        dates = list(iter_dates(schedule, start=datetime(2026, 11, 1, 4, tzinfo=UTC), n=4))
        assert clock(dates) == ["11-01 00:00 -0400", "11-01 01:00 -0400", "11-01 02:00 -0500", "11-01 03:00 -0500"]

    def test_days_take_the_later_of_two_equal_readings(self):
        schedule = every(86400, datetime(2026, 1, 1, 6, 30, tzinfo=UTC), NEW_YORK)
        dates = list(iter_dates(schedule, start=datetime(2026, 10, 31, 4, tzinfo=UTC), n=3))
        assert clock(dates) == ["10-31 01:30 -0400", "11-01 01:30 -0500", "11-02 01:30 -0500"]

    def test_a_skipped_reading_moves_forward_and_stays_there(self):
        schedule = every(86400, datetime(2026, 3, 1, 7, 30, tzinfo=UTC), NEW_YORK)
        dates = list(iter_dates(schedule, start=datetime(2026, 3, 7, tzinfo=UTC), n=3))
        assert clock(dates) == ["03-07 02:30 -0500", "03-08 03:30 -0400", "03-09 03:30 -0400"]
        assert clock(list(iter_dates(schedule, start=datetime(2026, 6, 1, tzinfo=UTC), n=1))) == ["06-01 03:30 -0400"]

    def test_days_before_the_anchor_are_counted_back_from_it(self):
        schedule = every(86400, datetime(2026, 3, 20, 6, 30, tzinfo=UTC), NEW_YORK)
        dates = list(iter_dates(schedule, start=datetime(2026, 3, 7, tzinfo=UTC), n=3))
        assert clock(dates) == ["03-07 02:30 -0500", "03-08 03:30 -0400", "03-09 02:30 -0400"]


@pytest.mark.parametrize("seconds", [0.001, 1, 3600, 86400, 86461])
@pytest.mark.parametrize("anchor", [datetime(1990, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)])
def test_a_distant_anchor_costs_little(seconds: float, anchor: datetime):
    schedule = every(seconds, anchor, NEW_YORK)
    start = datetime(2026, 11, 1, 6, 0, 1, tzinfo=UTC)
    next_dates(schedule, start=start, n=100)
    begun = perf_counter()
    next_dates(schedule, start=start, n=100)
    assert perf_counter() - begun < 0.25

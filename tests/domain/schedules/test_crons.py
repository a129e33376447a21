from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from locum.domain.schedules import CronSchedule, iter_dates, next_dates
from locum.domain.schedules.cron_fields import CronInvalid, parse_cron

MINUTE = timedelta(minutes=1)


def reading(*parts: int) -> datetime:
    """What a clock on the wall shows."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


@st.composite
def values(draw: st.DrawFn, low: int, high: int) -> set[int] | None:
    """The values of a field; None for a star."""
    return draw(st.none() | st.sets(st.integers(low, high), min_size=1, max_size=6))


def text(chosen: set[int] | None) -> str:
    return "*" if chosen is None else ",".join(map(str, sorted(chosen)))


class TestMatching:
    @settings(max_examples=60)
    @given(
        values(0, 59), values(0, 23), values(1, 28), values(1, 12), values(0, 6), st.booleans(),
        st.datetimes(reading(2020, 1, 1), reading(2030, 1, 1)),
    )  # fmt: skip
    def test_every_minute_of_a_month_looked_at(
        self, minutes: set[int] | None, hours: set[int] | None, days: set[int] | None, months: set[int] | None,
        weekdays: set[int] | None, day_or: bool, start: datetime,
    ):  # fmt: skip
        expression = " ".join(map(text, (minutes, hours, days, months, weekdays)))
        assume(months is None or start.month in months)
        first = start.replace(second=0, microsecond=0)
        first += MINUTE if first < start else timedelta(0)

        def matches(moment: datetime) -> bool:
            day, weekday = days is None or moment.day in days, weekdays is None or moment.isoweekday() % 7 in weekdays
            either = day_or and days is not None and weekdays is not None
            return (
                (minutes is None or moment.minute in minutes)
                and (hours is None or moment.hour in hours)
                and (months is None or moment.month in months)
                and ((day or weekday) if either else (day and weekday))
            )

        end = first + timedelta(days=12)
        scanned = (first + count * MINUTE for count in range(12 * 1440 + 1))
        expected = [moment.replace(tzinfo=UTC) for moment in scanned if matches(moment)]
        schedule = CronSchedule.model_construct(cron=expression, timezone="UTC", day_or=day_or)
        dates = next_dates(schedule, start=start.replace(tzinfo=UTC), end=end.replace(tzinfo=UTC), n=1001)
        assert dates == expected[:1001]

    @pytest.mark.parametrize(
        ("cron", "expected"),
        [
            ("@daily", ["01-02 00:00:00"]),
            ("0 0 l * *", ["01-31 00:00:00", "02-28 00:00:00"]),
            ("0 0 * * fri#2", ["01-09 00:00:00", "02-13 00:00:00"]),
            ("0 0 * * L5", ["01-30 00:00:00", "02-27 00:00:00"]),
            ("0 0 * * 7", ["01-04 00:00:00"]),
            ("30 1 * * * */20", ["01-01 01:30:00", "01-01 01:30:20", "01-01 01:30:40", "01-02 01:30:00"]),
            ("0 0 1 jan * 0 2028", ["01-01 00:00:00"]),
            ("0 12 * nov-feb/2 sat-mon", ["01-03 12:00:00", "01-04 12:00:00", "01-05 12:00:00"]),
            ("59/15 0 * * *", ["01-01 00:15:00", "01-01 00:30:00"]),
        ],
    )
    def test_forms(self, cron: str, expected: list[str]):
        start = datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
        dates = next_dates(CronSchedule(cron=cron), start=start, n=len(expected))
        assert [f"{date:%m-%d %H:%M:%S}" for date in dates] == expected

    def test_a_day_that_february_lacks_hides_the_first_of_march(self):
        dates = next_dates(CronSchedule(cron="0 0 */5 * *"), start=datetime(2026, 2, 26, tzinfo=UTC), n=2)
        assert [date.day for date in dates] == [26, 6]


class TestShifts:
    def test_a_repeated_hour_counts_once_at_its_first_occurrence(self):
        schedule = CronSchedule(cron="30 * * * *", timezone="America/New_York")
        dates = list(iter_dates(schedule, start=datetime(2026, 11, 1, 4, tzinfo=UTC), n=3))
        assert [f"{date:%H:%M %z}" for date in dates] == ["00:30 -0400", "01:30 -0400", "02:30 -0500"]

    def test_starting_inside_the_repetition_does_not_repeat(self):
        schedule = CronSchedule(cron="30 * * * *", timezone="America/New_York")
        dates = list(iter_dates(schedule, start=datetime(2026, 11, 1, 6, 10, tzinfo=UTC), n=1))
        assert [f"{date:%H:%M %z}" for date in dates] == ["02:30 -0500"]

    def test_a_skipped_time_moves_forward_by_the_gap(self):
        schedule = CronSchedule(cron="30 2 * * *", timezone="Europe/Paris")
        dates = list(iter_dates(schedule, start=datetime(2026, 3, 28, 12, tzinfo=UTC), n=2))
        assert [f"{date:%d %H:%M %z}" for date in dates] == ["29 03:30 +0200", "30 02:30 +0200"]

    def test_refilling_from_any_moment_gives_the_same_dates(self):
        schedule = CronSchedule(cron="*/20 * * * *", timezone="Australia/Lord_Howe")
        start, end = datetime(2026, 4, 4, 10, tzinfo=UTC), datetime(2026, 4, 4, 20, tzinfo=UTC)
        all_dates = next_dates(schedule, start=start, end=end)
        for minutes in range(0, 600, 7):
            later = start + timedelta(minutes=minutes)
            assert next_dates(schedule, start=later, end=end) == [date for date in all_dates if date >= later]

    def test_dates_show_the_zones_clock(self):
        schedule = CronSchedule(cron="0 9 * * *", timezone="Asia/Tokyo")
        date = next(iter_dates(schedule, start=datetime(2026, 1, 1, tzinfo=UTC)))
        assert date.tzinfo == ZoneInfo("Asia/Tokyo")
        assert date.hour == 9


class TestRefusals:
    @pytest.mark.parametrize(
        "cron",
        ["", "* * * *", "* * * * * * * *", "60 * * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
         "1, * * * *", "a * * * *", "* * * * 1#6", "* * * * 1#2,3", "h * * * *", "? * * * *", "* * 15w * *",
         "@reboot", "0 0 * * 7 0", "1" * 7000],
    )  # fmt: skip
    def test_what_is_no_expression(self, cron: str):
        with pytest.raises(CronInvalid):
            parse_cron(cron)

    @pytest.mark.parametrize("cron", ["r * * * *", "0 R/5 * * *", "R(1-5) * * * *"])
    def test_random_times(self, cron: str):
        with pytest.raises(ValidationError, match="Random and Hashed expressions are unsupported"):
            CronSchedule(cron=cron)

    @pytest.mark.parametrize("cron", ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30 2 * 0 2026", "0 0 29 2 * 0 2027"])
    def test_what_never_matches_is_refused_at_once(self, cron: str):
        begun = perf_counter()
        with pytest.raises(ValidationError, match="never matches"):
            CronSchedule(cron=cron)
        assert perf_counter() - begun < 0.5

    def test_one_day_field_that_matches_is_enough(self):
        schedule = CronSchedule(cron="0 0 31 2 1")
        assert next_dates(schedule, start=datetime(2026, 2, 1, tzinfo=UTC)) == [datetime(2026, 2, 2, tzinfo=UTC)]
        with pytest.raises(ValidationError, match="never matches"):
            CronSchedule(cron="0 0 31 2 1", day_or=False)

    def test_years_that_are_over_leave_nothing(self):
        schedule = CronSchedule(cron="0 0 1 1 * 0 2020")
        assert next_dates(schedule, start=datetime(2026, 1, 1, tzinfo=UTC), n=3) == []

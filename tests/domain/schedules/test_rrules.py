from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from time import perf_counter

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from locum.domain.schedules import STORED, RRuleSchedule, ScheduleRefused, iter_dates, next_dates
from locum.domain.schedules.budget import Budget
from locum.domain.schedules.normalize import anchored_rrule
from locum.domain.schedules.rrule_text import parse_rrule
from locum.domain.schedules.rrule_walk import occurrences

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def reading(*parts: int) -> datetime:
    """What a clock on the wall shows."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


START = reading(2024, 2, 27, 9, 30)


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(low, high).filter(bool), min_size=1, max_size=4).map(
        lambda found: ",".join(map(str, found))
    )


ENDS = st.sampled_from(["", "COUNT=1", "COUNT=40", "UNTIL=20240601T120000"])
# Each alone can be met by every frequency; two that contradict one another would keep dateutil busy for ever.
RESTRICTIONS = st.one_of(
    st.just(""),
    numbers(1, 12).map("BYMONTH={}".format),
    numbers(-28, 28).map("BYMONTHDAY={}".format),
    numbers(-300, 300).map("BYYEARDAY={}".format),
    numbers(-50, 50).map("BYWEEKNO={}".format),
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=3).map(lambda days: "BYDAY=" + ",".join(days)),
)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"]))
    parts = [f"FREQ={frequency}", f"WKST={draw(st.sampled_from(DAYS))}", draw(ENDS), draw(RESTRICTIONS)]
    # Every third month may never be one of BYMONTH, which dateutil would look for without end.
    parts.append("INTERVAL=" + draw(st.sampled_from(["1"] if frequency == "MONTHLY" else ["1", "2", "5", "11"])))
    if draw(st.booleans()):
        parts.append("BYDAY=" + draw(st.sampled_from(["+1MO", "-1FR", "2TU,TH", "SU"])))
        parts[3] = ""
    if draw(st.booleans()):
        parts.append("BYMINUTE=" + draw(st.sampled_from(["0", "30", "0,15,30,45"])))
        if frequency == "MINUTELY":
            parts[4] = "INTERVAL=1"
    if frequency in ("YEARLY", "MONTHLY", "WEEKLY") and draw(st.booleans()):
        parts.append("BYSETPOS=" + draw(st.sampled_from(["1", "-1", "1,-1"])))
    return ";".join(part for part in parts if part)


class TestAgainstDateutil:
    @settings(max_examples=100, deadline=None)
    @given(rules(), st.none() | rules(), st.sampled_from([0, 1, 30, 200, 500]))
    def test_jumping_ahead_changes_no_date(self, rule: str, but: str | None, days: int):
        text = f"DTSTART:{START:%Y%m%dT%H%M%S}\nRRULE:{rule}" + (f"\nEXRULE:{but}" if but else "")
        # dateutil walks all the way, so rules of minutes are asked for days instead of months.
        minutes = "MINUTELY" in text
        after = START + timedelta(days=days // 100 if minutes else days)
        end = after + timedelta(days=2 if minutes else 400)
        left_out = set(walked_by_dateutil(but, end)) if but else set[datetime]()
        expected = [date for date in walked_by_dateutil(rule, end) if date >= after and date not in left_out]
        walked = occurrences(parse_rrule(text), Budget(10**9), after=after, before=end)
        assert [date for date in walked if after <= date <= end] == expected

    def test_sets_merge_and_leave_out(self):
        text = (
            "DTSTART:20260101T090000\nRRULE:FREQ=DAILY;COUNT=5\nRDATE:20260103T120000,20260102T090000\n"
            "EXDATE:20260104T090000\nEXRULE:FREQ=DAILY;INTERVAL=4"
        )
        assert [f"{date:%d %H}" for date in occurrences(parse_rrule(text), Budget())] == ["02 09", "03 09", "03 12"]

    def test_counting_far_ahead_needs_no_walk(self):
        text = "DTSTART:20200101T000030\nRRULE:FREQ=SECONDLY;COUNT=200000000"
        walked = occurrences(parse_rrule(text), Budget(), after=reading(2026, 1, 1))
        assert next(date for date in walked if date >= reading(2026, 1, 1)) == reading(2026, 1, 1)
        ended = text.replace("200000000", "60")
        assert list(occurrences(parse_rrule(ended), Budget(), after=reading(2026, 1, 1))) == []


def walked_by_dateutil(rule: str, end: datetime) -> list[datetime]:
    walk = rrulestr(f"DTSTART:{START:%Y%m%dT%H%M%S}\nRRULE:{rule}")
    return list(takewhile(lambda date: date <= end, walk))


class TestZones:
    def test_a_skipped_time_has_the_offset_that_follows_it(self):
        schedule = RRuleSchedule(rrule="DTSTART:20260101T023000\nRRULE:FREQ=DAILY", timezone="America/New_York")
        dates = list(iter_dates(schedule, start=datetime(2026, 3, 7, 4, tzinfo=UTC), n=3))
        assert [f"{date:%d %H:%M %z}" for date in dates] == ["07 02:30 -0500", "08 01:30 -0500", "09 02:30 -0400"]

    def test_a_repeated_time_is_its_first_occurrence(self):
        schedule = RRuleSchedule(rrule="DTSTART:20260101T013000\nRRULE:FREQ=DAILY", timezone="America/New_York")
        assert next_dates(schedule, start=datetime(2026, 11, 1, 4, tzinfo=UTC)) == [
            datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
        ]

    def test_the_zone_of_dtstart_gives_way_to_the_schedules(self):
        text = "DTSTART;TZID=Asia/Tokyo:20260101T090000\nRRULE:FREQ=DAILY"
        schedule = RRuleSchedule(rrule=text, timezone="Europe/Paris")
        assert next_dates(schedule, start=datetime(2026, 2, 1, tzinfo=UTC)) == [datetime(2026, 2, 1, 8, tzinfo=UTC)]

    def test_until_in_utc_without_dtstart_is_read_on_the_clock(self):
        schedule = RRuleSchedule(rrule="FREQ=DAILY;UNTIL=20260103T000000Z", timezone="Europe/Paris")
        dates = next_dates(schedule, start=datetime(2026, 1, 1, tzinfo=UTC), n=10)
        assert dates == [datetime(2026, 1, 1, 23, tzinfo=UTC), datetime(2026, 1, 2, 23, tzinfo=UTC)]


UNSATISFIABLE = [
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYEASTER=1;BYMONTH=8",
    "FREQ=SECONDLY;BYSETPOS=2",
    "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=5",
    "FREQ=SECONDLY;INTERVAL=86400;BYHOUR=5;BYMINUTE=3",
    "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY",
    "FREQ=SECONDLY;COUNT=1000000000;BYDAY=MO",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;INTERVAL=-1",
    "FREQ=SECONDLY;INTERVAL=0",
    "FREQ=HOURLY;BYMINUTE=61",
    "FREQ=YEARLY;BYEASTER=4000",
]


class TestBudget:
    @pytest.mark.parametrize("rule", UNSATISFIABLE)
    def test_what_does_not_yield_is_refused_in_time(self, rule: str):
        begun = perf_counter()
        with pytest.raises(ValidationError):
            RRuleSchedule(rrule=rule)
        assert perf_counter() - begun < 1

    @pytest.mark.parametrize("rule", UNSATISFIABLE[:14])
    def test_one_that_got_in_cannot_stall_a_loop(self, rule: str):
        schedule = RRuleSchedule.model_validate({"rrule": rule}, context=STORED)
        begun = perf_counter()
        with suppress(ScheduleRefused):
            next_dates(schedule, start=datetime(2026, 11, 1, tzinfo=UTC), n=100)
        assert perf_counter() - begun < 1

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=SECONDLY",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
            "FREQ=DAILY;UNTIL=20200101T000000",
            "RDATE:20260101T000000",
            "FREQ=HOURLY;INTERVAL=1000000000000",
            "FREQ=DAILY;COUNT=0",
        ],
    )
    def test_what_is_rare_or_over_is_let_through(self, rule: str):
        RRuleSchedule(rrule=rule)

    def test_dates_centuries_apart_come_as_far_as_the_budget_goes(self):
        schedule = RRuleSchedule(rrule="FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO")
        dates = next_dates(schedule, start=datetime(2026, 1, 1, tzinfo=UTC), n=100)
        assert [date.year for date in dates[:2]] == [2044, 2072]
        assert len(dates) < 100

    def test_an_end_saves_the_search(self):
        schedule = RRuleSchedule(rrule="FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29")
        start = datetime(2026, 1, 1, tzinfo=UTC)
        assert next_dates(schedule, start=start, end=start + timedelta(days=100), n=100) == []


class TestAnchoring:
    NOW = datetime(2026, 11, 22, 16, 51, 15, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("rule", "timezone", "dtstart"),
        [
            ("FREQ=DAILY", "UTC", "20200101T000000"),
            ("FREQ=MINUTELY;INTERVAL=7", "America/New_York", "20261122T114800"),
            ("FREQ=SECONDLY", None, "20261122T165115"),
            ("FREQ=SECONDLY;COUNT=5", "UTC", "20200101T000000"),
            ("RRULE:FREQ=MINUTELY\nEXDATE:20260101T000000", "UTC", "20200101T000000"),
        ],
    )
    def test_the_grid_is_kept(self, rule: str, timezone: str | None, dtstart: str):
        assert anchored_rrule(rule, timezone, self.NOW) == f"DTSTART:{dtstart}\n{rule}"

    @pytest.mark.parametrize("rule", ["DTSTART:20250101T000000\nRRULE:FREQ=DAILY", "FREQ=DAILY;UNTIL=20300101T000000Z"])
    def test_what_is_anchored_or_cannot_be_is_left(self, rule: str):
        assert anchored_rrule(rule, "UTC", self.NOW) == rule

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from locum.domain.schedules import IntervalSchedule, NormalizedSchedule, RRuleSchedule, Schedule

WRITTEN: TypeAdapter[Schedule] = TypeAdapter(NormalizedSchedule)
INTERVAL = "function-after[validate_timezone(), IntervalSchedule]"
CRON = "function-after[validate_timezone(), CronSchedule]"
ANCHOR = "2020-01-01T00:00:00Z"


def stored(body: Any) -> Any:
    return json.loads(WRITTEN.validate_json(json.dumps(body)).model_dump_json())


def errors(body: Any) -> list[tuple[str, tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as raised:
        WRITTEN.validate_json(json.dumps(body))
    return [(error["type"], error["loc"], error["msg"]) for error in raised.value.errors()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"interval": "PT1H", "anchor_date": "2020-01-01T00:00:00-04:00"}, ("2020-01-01T00:00:00-04:00", "UTC")),
        ({"interval": "01:00:00", "anchor_date": "2020-01-01"}, (ANCHOR, "UTC")),
        ({"interval": 3600, "anchor_date": 1577836800, "timezone": "Europe/Paris"}, (ANCHOR, "Europe/Paris")),
        ({"interval": 3600, "anchor_date": "2020-W10-1"}, ("2020-03-02T00:00:00Z", "UTC")),
        ({"interval": 3600, "anchor_date": "2020-01-01T00:00:00.123456"}, ("2020-01-01T00:00:00.123456Z", "UTC")),
        ({"interval": 3600, "anchor_date": "20200101T000000Z", "timezone": ""}, (ANCHOR, "")),
    ],
)
def test_intervals_come_out_as_the_peers(body: Any, expected: tuple[str, str]):
    assert stored(body) == {"interval": 3600.0, "anchor_date": expected[0], "timezone": expected[1]}


def test_others_come_out_as_the_peers():
    assert stored({"cron": "* * * * *"}) == {"cron": "* * * * *", "timezone": None, "day_or": True}
    assert stored({"rrule": "FREQ=DAILY"}) == {"rrule": "DTSTART:20200101T000000\nFREQ=DAILY", "timezone": "UTC"}
    assert stored({"rrule": "FREQ=DAILY", "timezone": None})["timezone"] is None


def test_errors_lie_where_the_peers_do():
    assert errors({}) == [
        ("missing", (INTERVAL, "interval"), "Field required"),
        ("missing", (CRON, "cron"), "Field required"),
        ("missing", ("RRuleSchedule", "rrule"), "Field required"),
    ]


@pytest.mark.parametrize(
    ("body", "location", "message"),
    [
        ({"interval": 0}, (INTERVAL, "interval"), "Value error, interval must be positive"),
        ({"interval": 1, "anchor_date": None}, (INTERVAL, "anchor_date"), "value is not a valid datetime"),
        (
            {"interval": 1, "anchor_date": "soon"},
            (INTERVAL, "anchor_date"),
            "Value error, Unable to parse string [soon]",
        ),
        (
            {"interval": 1, "timezone": "Nope"},
            (INTERVAL,),
            'Value error, Invalid timezone: "Nope" (specify in IANA tzdata format, for example, America/New_York)',
        ),
        ({"cron": "nope"}, (CRON, "cron"), 'Value error, Invalid cron string: "nope"'),
        (
            {"cron": "R * * * *"},
            (CRON, "cron"),
            'Value error, Random and Hashed expressions are unsupported, received: "R * * * *"',
        ),
        (
            {"rrule": "bad"},
            ("RRuleSchedule", "rrule"),
            'Value error, Invalid RRule string "bad": not enough values to unpack (expected 2, got 1)',
        ),
        (
            {"rrule": "FREQ=DAILY;X=" + "1" * 7000},
            ("RRuleSchedule", "rrule"),
            f'Value error, Invalid RRule string "FREQ=DAILY;X={"1" * 27}..."\nMax length is 6500, got 7013',
        ),
        (
            {"rrule": "FREQ=DAILY", "timezone": "xxESTxx"},
            ("RRuleSchedule", "timezone"),
            'Value error, Invalid timezone: "xxESTxx" (specify in IANA tzdata format, for example, America/New_York)',
        ),
    ],
)
def test_messages_are_the_peers(body: Any, location: tuple[str, ...], message: str):
    assert ("value_error", location, message) in errors(body)


def test_a_zone_that_is_none_does_not_match_the_pattern():
    found = {(kind, place) for kind, place, _ in errors({"rrule": "FREQ=DAILY", "timezone": "Nope"})}
    assert ("string_pattern_mismatch", ("RRuleSchedule", "timezone")) in found


def test_the_context_that_requests_are_read_in_means_nothing_to_schedules():
    written = json.dumps({"cron": "0 0 * * *", "timezone": "Europe/Paris"})
    assert WRITTEN.validate_json(written, context=object()) == WRITTEN.validate_json(written)


def test_the_published_shapes():
    taken = IntervalSchedule.model_json_schema(mode="validation")["properties"]
    given = IntervalSchedule.model_json_schema(mode="serialization")["properties"]
    assert taken["interval"] == {
        "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}],
        "title": "Interval",
    }
    assert given["interval"] == {"type": "number", "title": "Interval"}
    assert taken["anchor_date"]["format"] == "date-time"
    assert RRuleSchedule.model_json_schema()["properties"]["timezone"]["default"] == "UTC"

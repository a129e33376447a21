"""Schedules over changes of the clock, against times calculated from the zones' own rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from compat.scenarios.site import Site, unique

DEPLOY = """
    import json
    from prefect import flow
    from prefect.schedules import Cron, Interval, RRule
    from datetime import datetime, timedelta

    @flow(name="{name}")
    def nothing():
        pass

    made = {}
    for number, (kind, given) in enumerate({given}):
        if kind == "cron":
            schedule = Cron(*given[:1], timezone=given[1])
        elif kind == "interval":
            schedule = Interval(timedelta(seconds=given[0]), timezone=given[1], anchor_date=datetime.fromisoformat(given[2]))
        else:
            schedule = RRule(given[0], timezone=given[1])
        made[number] = str(nothing.to_deployment(name=f"d{number}", schedule=schedule, paused=True).apply())
    print(json.dumps(made))
"""
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe")


def _change(zone: ZoneInfo, *, later: bool) -> datetime:
    """The next instant at which the zone's clocks are put forward (or back)."""
    moment = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    while True:
        before, after = (moment + timedelta(minutes=m) for m in (-30, 0))
        a, b = before.astimezone(zone).utcoffset(), after.astimezone(zone).utcoffset()
        assert a is not None
        assert b is not None
        if a != b and (b > a) == later:
            return moment
        moment += timedelta(minutes=30)


def _daily(
    zone: ZoneInfo, hour: int, minute: int, start: datetime, end: datetime, wanted: Callable[[date], bool]
) -> list[datetime]:
    """The same wall-clock time of each wanted day."""
    day, times = start.astimezone(zone).date() - timedelta(days=1), []
    while (at := datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)) <= end:
        if at >= start and wanted(day):
            times.append(at)
        day += timedelta(days=1)
    return times


def _planned(site: Site, deployment: str, start: datetime, end: datetime) -> list[datetime]:
    body = {"start_time": start.isoformat(), "end_time": end.isoformat(), "min_runs": 60, "max_runs": 60}
    assert site.ask("POST", f"/deployments/{deployment}/schedule", body).is_success
    rows = site.flow_runs(deployments={"id": {"any_": [deployment]}}, sort="EXPECTED_START_TIME_ASC")
    times = [datetime.fromisoformat(r["next_scheduled_start_time"]) for r in rows]
    return [t for t in times if start <= t <= end]


def _deploy(site: Site, given: list[tuple[str, tuple[Any, ...]]]) -> list[str]:
    text = DEPLOY.replace("{name}", unique("clock")).replace("{given}", repr(given))
    made = site.program(text)
    assert list(made) == [str(n) for n in range(len(given))], json.dumps(made)
    return list(made.values())


@pytest.mark.parametrize("zone_name", ZONES)
def test_over_a_change_of_the_clock(site: Site, zone_name: str) -> None:
    """Daily schedules keep their wall-clock time; an interval of hours keeps its distance."""
    zone = ZoneInfo(zone_name)
    changes = [_change(zone, later=later) for later in (True, False)]
    anchor = (changes[0] - timedelta(days=9)).astimezone(zone).replace(hour=9, minute=30, tzinfo=None)
    anchored = anchor.replace(tzinfo=zone).isoformat()
    deployments = _deploy(
        site,
        [
            ("cron", ("30 9 * * *", zone_name)),
            ("cron", ("30 9 * * MON-FRI", zone_name)),
            ("interval", (86400, zone_name, anchored)),
            ("interval", (6 * 3600, zone_name, anchored)),
            ("rrule", ("DTSTART:20240101T093000\nRRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", zone_name)),
        ],
    )
    for change in changes:
        start, end = change - timedelta(days=2, minutes=7), change + timedelta(days=3)
        every = _daily(zone, 9, 30, start, end, lambda _: True)
        working = _daily(zone, 9, 30, start, end, lambda d: d.weekday() < 5)
        assert _planned(site, deployments[0], start, end) == every
        assert _planned(site, deployments[1], start, end) == working
        assert _planned(site, deployments[2], start, end) == every
        assert _planned(site, deployments[4], start, end) == working
        near = _planned(site, deployments[3], change - timedelta(hours=20), change + timedelta(hours=20))
        assert len(near) in (6, 7)
        assert {b - a for a, b in pairwise(near)} == {timedelta(hours=6)}


def test_without_a_zone(site: Site) -> None:
    """Times are of UTC; lists, steps and names in a cron expression, and the end of a rule."""
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=10)
    first = start + timedelta(days=1, hours=8)
    deployments = _deploy(
        site,
        [
            ("cron", ("0 0,12 * * MON-FRI", None)),
            ("cron", ("*/20 5 * * *", None)),
            ("rrule", (f"DTSTART:{first:%Y%m%dT%H%M%SZ}\nRRULE:FREQ=HOURLY;INTERVAL=3;COUNT=4", None)),
        ],
    )
    utc = ZoneInfo("UTC")
    week = start + timedelta(days=7)
    working = [_daily(utc, h, 0, start, week, lambda d: d.weekday() < 5) for h in (0, 12)]
    assert _planned(site, deployments[0], start, week) == sorted(working[0] + working[1])
    steps = [start + timedelta(hours=5, minutes=m) for m in (0, 20, 40)]
    assert _planned(site, deployments[1], start, start + timedelta(hours=20)) == steps
    assert _planned(site, deployments[2], start, week) == [first + timedelta(hours=3 * i) for i in range(4)]

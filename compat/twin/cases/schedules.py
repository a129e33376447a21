"""Deployments: schedules, the runs they give, and runs asked for by hand."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, SCHEMA, TEMPLATE, deployment, flow, pool, state
from compat.twin.recorder import Recorder
from compat.twin.registry import case

EARLY = "2030-03-01T00:00:00Z"  # so far ahead that no scheduler goes there by itself


def _planned(t: Recorder, schedule: dict[str, Any], start: str, end: str, **more: Any) -> None:
    """What `schedule` gives between two times, as the runs that the server plans."""
    dep = deployment(t, flow(t).id, paused=True, schedules=[{"schedule": schedule}]).id
    t.post(
        f"/deployments/{dep}/schedule", {"start_time": start, "end_time": end, "min_runs": 40, "max_runs": 40, **more}
    )
    t.post(
        "/flow_runs/filter",
        {"deployments": {"id": {"any_": [dep]}}, "sort": "NEXT_SCHEDULED_START_TIME_ASC"},
        ignore=("$[].name", "$[].estimated_start_time_delta"),
    )


@case
def one_by_one(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, paused=True).id
    at = f"/deployments/{dep}/schedules"
    made = t.post(
        at,
        [{"schedule": {"interval": 60, "anchor_date": t.at()}}, {"schedule": {"cron": "*/5 * * * *"}, "active": False}],
    )
    t.get(at)
    first = made[0]["id"]
    t.patch(f"{at}/{first}", {"active": False})
    t.patch(f"{at}/{first}", {"schedule": {"cron": "1 2 3 * *", "timezone": "UTC"}, "max_scheduled_runs": 3})
    t.get(at, unordered=("$",))
    t.delete(f"{at}/{first}")
    t.delete(f"{at}/{first}")
    t.patch(f"{at}/{first}", {"active": True})
    t.get(at)
    t.post(at, [])


@case
def slugs(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, paused=True, schedules=[{"schedule": {"cron": "0 1 * * *"}, "slug": "one"}]).id
    at = f"/deployments/{dep}/schedules"
    t.post(at, [{"schedule": {"cron": "0 2 * * *"}, "slug": "two", "parameters": {"x": 1}}])
    t.post(at, [{"schedule": {"cron": "0 3 * * *"}, "slug": "one"}])
    t.post(at, [{"schedule": {"cron": "0 3 * * *"}, "slug": "Not A Slug!"}])
    t.patch(
        f"/deployments/{dep}",
        {
            "schedules": [
                {"schedule": {"cron": "0 9 * * *"}, "slug": "one"},
                {"schedule": {"cron": "0 8 * * *"}, "slug": "three"},
            ]
        },
    )
    t.get(at, unordered=("$",))
    t.patch(f"/deployments/{dep}", {"schedules": [{"schedule": {"cron": "0 9 * * *"}}]})
    t.patch(f"/deployments/{dep}", {"schedules": [{"slug": "new"}]})
    t.patch(f"/deployments/{dep}", {"schedules": [{"slug": "renamed", "replaces": "two", "active": False}]})
    t.get(at, unordered=("$",))


@case
def patch_replaces_without_slugs(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, paused=True, schedules=[{"schedule": {"cron": "0 1 * * *"}}]).id
    t.patch(
        f"/deployments/{dep}",
        {"schedules": [{"schedule": {"cron": "0 2 * * *"}}, {"schedule": {"cron": "0 3 * * *"}, "active": False}]},
    )
    t.get(f"/deployments/{dep}/schedules", unordered=("$",))
    t.patch(f"/deployments/{dep}", {"schedules": []})
    t.get(f"/deployments/{dep}/schedules")


@case
def refused(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, paused=True).id
    at = f"/deployments/{dep}/schedules"
    for bad in (
        {"cron": "61 * * * *"},
        {"cron": "* * *"},
        {"cron": "words"},
        {"cron": "* * * * *", "timezone": "Mars/Olympus"},
        {"cron": "* * * * * *"},
        {"cron": "@daily"},
        {"cron": "R R * * *"},
        {"interval": 0},
        {"interval": -5},
        {"interval": "x"},
        {"interval": 60, "timezone": "Nowhere"},
        {"interval": 60, "anchor_date": "soon"},
        {"rrule": "nonsense"},
        {"rrule": "FREQ=NEVER"},
        {"rrule": ""},
        {"rrule": "FREQ=DAILY", "timezone": "Nowhere"},
        {},
        {"cron": "* * * * *", "interval": 60},
    ):
        t.post(at, [{"schedule": bad}])
    t.post(at, {"schedule": {"cron": "* * * * *"}})
    t.post(at, [{"schedule": {"cron": "* * * * *"}, "max_scheduled_runs": 0}])
    t.post(at, [{"schedule": {"cron": "* * * * *"}, "max_scheduled_runs": "x"}])
    t.post(at, [{"schedule": {"cron": "* * * * *"}, "surprise": 1}])


@case
def cron_daily_over_dst(t: Recorder) -> None:
    for zone in ("America/New_York", "Europe/Berlin"):
        _planned(t, {"cron": "30 2 * * *", "timezone": zone}, "2030-03-08T00:00:00Z", "2030-04-02T00:00:00Z")
        _planned(t, {"cron": "30 2 * * *", "timezone": zone}, "2030-10-25T00:00:00Z", "2030-11-06T00:00:00Z")


@case
def cron_hourly_over_dst(t: Recorder) -> None:
    _planned(t, {"cron": "15 * * * *", "timezone": "America/New_York"}, "2030-03-10T00:00:00Z", "2030-03-10T12:00:00Z")
    _planned(t, {"cron": "15 * * * *", "timezone": "America/New_York"}, "2030-11-03T00:00:00Z", "2030-11-03T12:00:00Z")


@case
def cron_days(t: Recorder) -> None:
    for cron in (
        {"cron": "0 6 13 * FRI", "day_or": False},
        {"cron": "0 6 13 * FRI"},
        {"cron": "0 0 L * *"},
        {"cron": "0 12 * * MON#2"},
    ):
        _planned(t, cron, EARLY, "2030-07-01T00:00:00Z")
    _planned(t, {"cron": "*/20 5 * * MON-FRI"}, EARLY, "2030-03-08T00:00:00Z")


@case
def interval_over_dst(t: Recorder) -> None:
    for hours in (24, 6, 0.5):
        anchor = {"anchor_date": "2030-01-01T09:30:00-05:00", "timezone": "America/New_York"}
        _planned(t, {"interval": hours * 3600, **anchor}, "2030-03-09T00:00:00Z", "2030-03-11T00:00:00Z")
        _planned(t, {"interval": hours * 3600, **anchor}, "2030-11-02T00:00:00Z", "2030-11-04T00:00:00Z")


@case
def interval_anchors(t: Recorder) -> None:
    _planned(t, {"interval": 3600, "anchor_date": "2030-03-01T00:10:00Z"}, EARLY, "2030-03-01T05:00:00Z")
    _planned(t, {"interval": 3600, "anchor_date": "2030-03-02T00:10:00Z"}, EARLY, "2030-03-01T05:00:00Z")
    _planned(t, {"interval": 5400.5, "anchor_date": "2020-01-01T00:00:00+02:00"}, EARLY, "2030-03-01T05:00:00Z")
    _planned(t, {"interval": "PT90M", "anchor_date": "2020-01-01T00:00:00Z"}, EARLY, "2030-03-01T05:00:00Z")
    _planned(t, {"interval": 86400 * 31, "anchor_date": "2020-01-31T00:00:00Z"}, EARLY, "2030-09-01T05:00:00Z")


@case
def rrules(t: Recorder) -> None:
    start = "DTSTART:20300301T093000"
    for rule in (
        f"{start}\nRRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
        f"{start}Z\nRRULE:FREQ=HOURLY;INTERVAL=3;COUNT=4",
        f"{start}\nRRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20300401T000000",
        f"{start}\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1",
        f"{start}\nRRULE:FREQ=DAILY\nEXDATE:20300303T093000,20300304T093000",
        f"{start}\nRRULE:FREQ=MONTHLY;BYDAY=1TU\nRRULE:FREQ=MONTHLY;BYMONTHDAY=15",
    ):
        _planned(t, {"rrule": rule}, EARLY, "2030-04-20T00:00:00Z")
        _planned(t, {"rrule": rule, "timezone": "America/New_York"}, EARLY, "2030-04-20T00:00:00Z")


@case
def rrule_past_the_tables_of_zones(t: Recorder) -> None:
    # The library behind the peer knows no change of the clock after 2037.
    rule = "DTSTART:20410301T093000\nRRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR"
    _planned(t, {"rrule": rule, "timezone": "America/New_York"}, "2041-03-01T00:00:00Z", "2041-04-20T00:00:00Z")


@case
def several_schedules(t: Recorder) -> None:
    dep = deployment(
        t,
        flow(t).id,
        paused=True,
        parameters={"a": 1, "b": 1},
        tags=["dt"],
        schedules=[
            {"schedule": {"cron": "0 6 * * *"}, "parameters": {"b": 2}, "slug": "six"},
            {"schedule": {"cron": "0 7 * * *"}, "active": False},
            {"schedule": {"cron": "0 8 * * *"}},
        ],
    ).id
    body = {"start_time": EARLY, "end_time": "2030-03-04T00:00:00Z", "min_runs": 40, "max_runs": 40}
    mine = {"deployments": {"id": {"any_": [dep]}}, "sort": "NEXT_SCHEDULED_START_TIME_ASC"}
    for _ in range(2):  # the second time adds nothing
        t.post(f"/deployments/{dep}/schedule", body)
        t.post("/flow_runs/filter", mine, ignore=("$[].name", "$[].estimated_start_time_delta"))


@case
def how_many(t: Recorder) -> None:
    for body in (
        {"min_runs": 2},
        {"max_runs": 1},
        {"min_time": 7200},
        {"end_time": "2030-03-01T02:30:00Z"},
        {"min_runs": 5, "max_runs": 4},
    ):
        dep = deployment(
            t, flow(t).id, paused=True, schedules=[{"schedule": {"interval": 1800, "anchor_date": EARLY}}]
        ).id
        t.post(f"/deployments/{dep}/schedule", {"start_time": EARLY, **body})
        t.post("/flow_runs/count", {"deployments": {"id": {"any_": [dep]}}})
    t.post(f"/deployments/{NOBODY}/schedule", {"start_time": EARLY})


@case
def changes_clear_planned_runs(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, paused=True, schedules=[{"schedule": {"cron": "0 6 * * *"}}]).id
    span = {"start_time": EARLY, "end_time": "2030-03-04T00:00:00Z"}
    mine = {"deployments": {"id": {"any_": [dep]}}}
    at = f"/deployments/{dep}/schedules"
    t.post(f"/deployments/{dep}/schedule", span)
    t.post("/flow_runs/count", mine)
    t.post(at, [{"schedule": {"cron": "0 7 * * *"}}])
    t.post("/flow_runs/count", mine)
    t.post(f"/deployments/{dep}/schedule", span)
    t.patch(f"/deployments/{dep}", {"tags": ["x"]})
    t.post("/flow_runs/count", mine)


@case
def run_from_a_deployment(t: Recorder) -> None:
    name = pool(t)
    dep = deployment(
        t,
        flow(t, labels={"f": 1}).id,
        labels={"d": 1},
        tags=["dt"],
        parameters={"n": 1, "word": "w"},
        parameter_openapi_schema=SCHEMA,
        work_pool_name=name,
        version="v3",
        job_variables={"env": {"A": "1"}},
    ).id
    go = f"/deployments/{dep}/create_flow_run"
    made = t.post(go, {"name": t.name("a")})
    t.get(f"/flow_runs/{made.id}")
    t.post(
        go,
        {
            "name": t.name("b"),
            "parameters": {"n": 2},
            "tags": ["mine"],
            "labels": {"r": 1},
            "job_variables": {"env": {"B": "2"}},
        },
        unordered=("$.tags",),
    )
    t.post(
        go,
        {
            "name": t.name("c"),
            "state": state("SCHEDULED", state_details={"scheduled_time": t.at(hours=3)}),
            "idempotency_key": t.name("k"),
        },
    )
    t.post(go, {"name": t.name("d"), "idempotency_key": t.name("k")})
    t.post(go, {"name": t.name("e"), "state": state("PENDING"), "work_queue_name": "extra", "context": {"a": 1}})
    t.get(f"/work_pools/{name}/queues/extra")
    t.post(go, {"name": t.name("f"), "empirical_policy": {"retries": 1, "retry_delay": 5}, "parent_task_run_id": None})


@case
def run_from_a_deployment_refused(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, parameters={"n": 1}, parameter_openapi_schema=SCHEMA).id
    go = f"/deployments/{dep}/create_flow_run"
    for bad in ({"n": "x"}, {"n": None}, {"word": 5}):
        t.post(go, {"parameters": bad})
        t.post(go, {"name": t.name("free"), "parameters": bad, "enforce_parameter_schema": False})
    for bad in (
        {"parameters": []},
        {"tags": "x"},
        {"state": {"type": "X"}},
        {"surprise": 1},
        {"flow_id": NOBODY},
        {"labels": {"a": []}},
    ):
        t.post(go, bad)
    t.post(go)


@case
def run_with_job_variables_refused(t: Recorder) -> None:
    name = pool(t, base_job_template=TEMPLATE)
    dep = deployment(t, flow(t).id, work_pool_name=name, job_variables={"cpu": 1}).id
    go = f"/deployments/{dep}/create_flow_run"
    t.post(go, {"name": t.name("ok"), "job_variables": {"cpu": 4, "other": "x"}})
    for bad in ({"cpu": "x"}, {"cpu": 0}, {"command": 1}, {"cpu": None}):
        t.post(go, {"job_variables": bad})


@case
def values_filled_in_by_the_server(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, parameter_openapi_schema=SCHEMA, parameters={"n": 1}).id
    go = f"/deployments/{dep}/create_flow_run"
    t.post(go, {"name": t.name("j"), "parameters": {"n": {"__prefect_kind": "json", "value": "41"}}})
    t.post(go, {"name": t.name("n"), "parameters": {"n": {"__prefect_kind": "none", "value": 5}}})
    t.post(go, {"name": t.name("b"), "parameters": {"n": {"__prefect_kind": "json", "value": "{"}}})
    t.post(
        go,
        {"name": t.name("t"), "parameters": {"n": 1, "word": {"__prefect_kind": "jinja", "template": "{{ 1 + 1 }}"}}},
    )
    t.post(
        go,
        {
            "name": t.name("x"),
            "parameters": {"n": {"__prefect_kind": "workspace_variable", "variable_name": "no_such_one"}},
        },
    )


@case
def many_runs_at_once(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, parameters={"n": 1}, parameter_openapi_schema=SCHEMA).id
    bulk = f"/deployments/{dep}/create_flow_run/bulk"
    made = t.post(bulk, [{"name": t.name("a")}, {"name": t.name("b"), "parameters": {"n": 2}, "tags": ["x"]}])
    if made.status < 300:
        t.get(f"/flow_runs/{made['results'][1]['flow_run_id']}")
    t.post(bulk, [{"name": t.name("c"), "parameters": {"n": "x"}}, {"name": t.name("d")}])
    t.post(bulk, [])
    t.post(bulk, {})
    t.post(bulk, [{"surprise": 1}])
    t.post(f"/deployments/{NOBODY}/create_flow_run/bulk", [{}])


@case
def due_runs_for_a_runner(t: Recorder) -> None:
    one = flow(t).id
    deps = [deployment(t, one, s).id for s in ("a", "b")]
    for number, dep in enumerate(deps):
        for minutes in (5, 60):
            when = state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=minutes + number)})
            t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name(f"{number}-{minutes}"), "state": when})
    due = "/deployments/get_scheduled_flow_runs"
    t.post(due, {"deployment_ids": deps, "scheduled_before": t.at(minutes=30)})
    t.post(due, {"deployment_ids": deps[:1]})
    t.post(due, {"deployment_ids": deps, "limit": 1})
    t.post(due, {"deployment_ids": []})
    t.post(due, {"deployment_ids": [NOBODY]})
    t.post(due, {})
    t.post(due, {"deployment_ids": ["x"]})
    t.post(due, {"deployment_ids": deps, "limit": 201})
    t.until(lambda a: a["status"] == "READY", "GET", f"/deployments/{deps[0]}")

"""Tours of work pools, work queues and deployments."""

from __future__ import annotations

import json

from compat.scenarios.site import unique
from compat.tours.tour import Each, Tour

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_work_pools(tour: Tour) -> None:
    """`prefect work-pool`."""
    pool = unique("pool")
    tour.cli("work-pool", "create", pool, "--type", "process", "--paused")
    tour.cli("work-pool", "create", pool, "--type", "process", fails=True)
    tour.cli("work-pool", "create", pool, "--type", "docker", "--overwrite")
    tour.cli(
        "work-pool", "create", unique("p"), "--type", "no-such-type", fails=True, only=None
    )  # the peer asks the network
    tour.cli("work-pool", "create", pool, "--type", "process", "--overwrite")
    for verb in ("resume", "pause", "resume"):
        tour.cli("work-pool", verb, pool)
        tour.cli("work-pool", "inspect", pool, only="status")
    tour.cli("work-pool", "ls", only="Work Pools")
    printed = tour.cli("work-pool", "get-default-base-job-template", "--type", "process", keys="unordered")
    template = json.loads(printed.locum)
    template["variables"]["properties"]["extra"] = {"type": "integer", "default": 3}
    tour.both(lambda site, _: site.write("template.json", json.dumps(template)))
    changes = ("--base-job-template", "template.json", "--description", "new words", "--concurrency-limit", "7")
    tour.cli("work-pool", "update", pool, *changes)
    tour.cli("work-pool", "inspect", pool, "--output", "json", keys="unordered")
    tour.cli("work-pool", "set-concurrency-limit", pool, "2")
    tour.cli("work-pool", "slots", pool)
    tour.cli("work-pool", "ls", "--verbose", only="Work Pools")
    tour.cli("work-pool", "clear-concurrency-limit", pool)
    tour.cli("work-pool", "preview", pool)
    tour.cli("work-pool", "storage", "inspect", pool)
    tour.cli("work-pool", "delete", pool)
    for verb in ("inspect", "pause", "resume", "delete", "clear-concurrency-limit", "preview"):
        tour.cli("work-pool", verb, pool, fails=True)
    tour.cli("work-pool", "update", pool, "--description", "x", fails=True)


def test_work_queues(tour: Tour) -> None:
    """`prefect work-queue`, in a pool and without one."""
    # The peer goes by a queue's name in all pools where it looks for the runs of one.
    pool, urgent, loose = unique("pool"), unique("urgent"), unique("loose")
    tour.cli("work-pool", "create", pool, "--type", "process")
    here = ("--pool", pool)
    tour.cli("work-queue", "create", urgent, *here, "--limit", "4", "--priority", "1")
    tour.cli("work-queue", "create", urgent, *here, fails=True)
    tour.cli("work-queue", "ls", *here)
    tour.cli("work-queue", "inspect", urgent, *here)
    tour.cli("work-queue", "inspect", urgent, *here, "--output", "json")
    tour.cli("work-queue", "set-concurrency-limit", urgent, "9", *here)
    tour.cli("work-queue", "slots", urgent, *here)
    tour.cli("work-queue", "clear-concurrency-limit", urgent, *here)
    for verb in ("pause", "resume", "preview", "read-runs"):
        tour.cli("work-queue", verb, urgent, *here)
    tour.cli("work-queue", "create", loose)
    tour.cli("work-queue", "inspect", loose, only=loose)
    tour.cli("work-queue", "delete", loose)
    tour.cli("work-queue", "delete", urgent, *here)
    for verb in ("inspect", "pause", "resume", "delete", "preview", "clear-concurrency-limit"):
        tour.cli("work-queue", verb, urgent, *here, fails=True)
    tour.cli("work-queue", "create", urgent, "--pool", unique("none"), fails=True)


CODE = """
    from prefect import flow

    @flow(name="NAME", description="adds up", version="v")
    def toured(n: int = 1, word: str = "w", *, when: list[float] | None = None):
        return n
"""
DEPLOY = """
    import json
    from prefect import flow
    from prefect.schedules import Cron, Interval, RRule

    remote = flow.from_source(source="FOLDER", entrypoint="toured.py:toured")
    made = remote.deploy(
        "main", work_pool_name="POOL", tags=["toured"], description="described", ignore_warnings=True, version="1.2",
        print_next_steps=False, parameters={"n": 4}, job_variables={"env": {"A": "b"}}, concurrency_limit=5,
        schedules=[Cron("1 2 3 4 *", timezone="Asia/Tokyo", active=False, parameters={"n": 9}, slug="yearly")],
    )
    print(json.dumps(str(made)))
"""


def test_deployments(tour: Tour) -> None:
    """`prefect deployment` with its schedule commands, and `prefect flow ls`."""
    name, pool = unique("toured"), unique("pool")
    full = f"{name}/main"
    tour.cli("work-pool", "create", pool, "--type", "process")
    tour.both(lambda site, _: site.write("toured.py", CODE.replace("NAME", name)))
    deploy = DEPLOY.replace("POOL", pool)
    told = tour.both(lambda site, _: site.program(deploy.replace("FOLDER", str(site.folder))))
    tour.cli("flow", "ls", "--limit", "200", only=name)
    tour.cli("deployment", "ls", "--flow-name", name)
    tour.cli("deployment", "ls", "--flow-name", name, "--by-created", "-o", "json", keys="unordered")
    tour.cli("deployment", "inspect", full, "-o", "json", keys="unordered")
    tour.cli("deployment", "inspect", full, only="'description'")
    tour.cli("deployment", "inspect", f"{name}/none", fails=True)
    tour.cli("deployment", "inspect", "nonsense", fails=True)

    later = ("--start-in", "1 hour", "--tag", "later", "--flow-run-name", "mine")
    tour.cli("deployment", "run", full, "-p", "n=5", "--param", 'word="hey"', *later, "-jv", "x=1")
    tour.cli("deployment", "run", "--id", told, "--params", '{"n": 6}', "--flow-run-name", "other", *later[:2])
    tour.cli("deployment", "run", full, "-p", "n=word", fails=True)
    tour.cli("deployment", "run", full, "-p", "unknown=1", fails=True, only="were specified")
    tour.cli("deployment", "run", f"{name}/none", fails=True)
    tour.cli("flow-run", "ls", "--flow-name", name, only=name)
    tour.cli("work-pool", "preview", pool)

    schedule = ("deployment", "schedule")
    every = ("--interval", "3600", "--anchor-date", "2026-01-01", "--timezone", "Europe/Paris")
    tour.cli(*schedule, "create", full, *every)
    tour.cli(*schedule, "create", full, "--rrule", "FREQ=DAILY;COUNT=3")
    tour.cli(*schedule, "create", full, "--rrule", '{"rrule": "FREQ=DAILY", "timezone": "Asia/Tokyo"}', "--no-active")
    tour.cli(*schedule, "create", full, "--cron", "99 4 * * *", fails=True)
    tour.cli(*schedule, "create", full, "--interval", "-1", fails=True)
    tour.cli(*schedule, "create", full, "--cron", "0 0 * * *", "--timezone", "Mars/Olympus", fails=True)
    tour.cli(*schedule, "ls", full, "-o", "json", keys="unordered")
    rows = tour.read(f"/deployments/name/{full}")
    cron = Each(*(next(s["id"] for s in d["schedules"] if "cron" in s["schedule"]) for d in (rows.locum, rows.peer)))
    for verb in ("resume", "pause"):
        tour.cli(*schedule, verb, full, cron)
        tour.cli(*schedule, verb, full, cron, fails=True)
    tour.cli(*schedule, "delete", full, cron, "-y")
    for verb in ("resume", "pause"):
        tour.cli(*schedule, verb, full, cron, fails=True)
    tour.cli(*schedule, "delete", full, cron, "-y", fails=True)
    tour.cli(*schedule, "create", full, "--interval", "60", "--replace", "-y")
    tour.cli(*schedule, "ls", full)
    tour.cli(*schedule, "clear", full, "-y")
    tour.cli(*schedule, "clear", full, "-y", only=None)
    tour.cli("deployment", "delete", full)
    tour.cli("deployment", "delete", full, fails=True)
    tour.cli("deployment", "delete", "--id", NOWHERE, fails=True)

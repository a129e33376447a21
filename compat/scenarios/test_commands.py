"""Tours of the command line: deployments, work pools, work queues, flows and flow runs."""

from __future__ import annotations

import json

from compat.scenarios.site import Site, unique, until

NOWHERE = "00000000-0000-4000-8000-000000000000"
DEPLOY = """
    import json
    from prefect import flow

    made = flow.from_source(source="{folder}", entrypoint="toured.py:toured").deploy(
        "main", work_pool_name="{pool}", tags=["toured"], description="described", ignore_warnings=True, print_next_steps=False)
    print(json.dumps(str(made)))
"""
TOURED = """
    from prefect import flow

    @flow(name="{name}")
    def toured(n: int = 1, word: str = "w"):
        return n
"""


def test_deployments(site: Site) -> None:
    """`prefect deployment` with all of its schedule commands."""
    name, pool = unique("toured"), unique("pool")
    full = f"{name}/main"
    site.write("code/toured.py", TOURED.replace("{name}", name))
    site.cli("work-pool", "create", pool, "--type", "process")
    told = site.program(DEPLOY.replace("{folder}", str(site.folder / "code")).replace("{pool}", pool))
    at = f"/deployments/{told}"
    assert full in site.cli("deployment", "ls")
    assert name in site.cli("flow", "ls", "--limit", "200")
    assert "described" in site.cli("deployment", "inspect", full)
    assert site.cli_json("deployment", "inspect", full, "--output", "json")["id"] == told
    site.cli("deployment", "inspect", f"{name}/none", fails=True)

    site.cli("deployment", "run", full, "-p", "n=5", "--param", 'word="hey"', "--start-in", "1 hour", "--tag", "later")
    (run,) = site.flow_runs(deployments={"id": {"any_": [told]}})
    assert (run["parameters"], set(run["tags"])) == ({"n": 5, "word": "hey"}, {"toured", "later"})
    assert run["state_name"] == "Scheduled"
    site.cli("deployment", "run", full, "-p", "n=word", fails=True)
    site.cli("deployment", "run", full, "-p", "unknown=1", fails=True)

    schedule = ("deployment", "schedule")
    site.cli(
        *schedule, "create", full, "--interval", "3600", "--anchor-date", "2026-01-01", "--timezone", "Europe/Paris"
    )
    site.cli(*schedule, "create", full, "--cron", "0 4 * * *", "--timezone", "America/New_York", "--no-active")
    site.cli(*schedule, "create", full, "--rrule", "FREQ=DAILY;COUNT=3")
    site.cli(*schedule, "create", full, "--cron", "99 4 * * *", fails=True)
    rows = site.read(f"{at}/schedules")
    kinds = {kind: row for row in rows for kind in ("interval", "cron", "rrule") if kind in row["schedule"]}
    assert len(rows) == len(kinds) == 3
    assert kinds["interval"]["schedule"]["timezone"] == "Europe/Paris"
    assert not kinds["cron"]["active"]
    assert "0 4 * * *" in site.cli(*schedule, "ls", full)
    cron = kinds["cron"]["id"]
    for verb, active in (("resume", True), ("pause", False)):
        site.cli(*schedule, verb, full, cron)
        assert next(r for r in site.read(f"{at}/schedules") if r["id"] == cron)["active"] is active
    site.cli(*schedule, "delete", full, cron, "-y")
    assert len(site.read(f"{at}/schedules")) == 2
    site.cli(*schedule, "create", full, "--interval", "60", "--replace", "-y")
    assert [r["schedule"]["interval"] for r in site.read(f"{at}/schedules")] == [60.0]
    site.cli(*schedule, "clear", full, "-y")
    assert site.read(f"{at}/schedules") == []

    site.cli("deployment", "delete", full)
    assert site.ask("GET", at).status_code == 404
    site.cli("deployment", "delete", full, fails=True)
    assert name in site.cli("flow", "ls", "--limit", "200")


def test_work_pools(site: Site) -> None:
    """`prefect work-pool`."""
    pool = unique("pool")
    at = f"/work_pools/{pool}"
    site.cli("work-pool", "create", pool, "--type", "process", "--paused")
    assert site.read(at)["status"] == "PAUSED"
    site.cli("work-pool", "create", pool, "--type", "process", fails=True)
    site.cli("work-pool", "create", unique("p"), "--type", "no-such-type", fails=True)
    site.cli("work-pool", "resume", pool)
    assert not site.read(at)["is_paused"]
    site.cli("work-pool", "pause", pool)
    site.cli("work-pool", "resume", pool)
    assert pool in site.cli("work-pool", "ls")
    assert site.cli_json("work-pool", "inspect", pool, "--output", "json")["type"] == "process"
    site.cli("work-pool", "inspect", unique("none"), fails=True)
    template = site.cli_json("work-pool", "get-default-base-job-template", "--type", "process")
    template["variables"]["properties"]["extra"] = {"type": "integer", "default": 3}
    file = site.write("template.json", json.dumps(template))
    site.cli(
        "work-pool",
        "update",
        pool,
        "--base-job-template",
        file,
        "--description",
        "new words",
        "--concurrency-limit",
        "7",
    )
    held = site.read(at)
    assert (held["description"], held["concurrency_limit"]) == ("new words", 7)
    assert held["base_job_template"]["variables"]["properties"]["extra"]["default"] == 3
    site.cli("work-pool", "set-concurrency-limit", pool, "2")
    assert site.read(at)["concurrency_limit"] == 2
    assert "2" in site.cli("work-pool", "slots", pool)
    site.cli("work-pool", "clear-concurrency-limit", pool)
    assert site.read(at)["concurrency_limit"] is None
    site.cli("work-pool", "preview", pool)
    site.cli("work-pool", "delete", pool)
    assert site.ask("GET", at).status_code == 404
    site.cli("work-pool", "delete", pool, fails=True)


def test_work_queues(site: Site) -> None:
    """`prefect work-queue`, in a pool and without one."""
    pool = unique("pool")
    site.cli("work-pool", "create", pool, "--type", "process")
    at = f"/work_pools/{pool}/queues/urgent"
    here = ("--pool", pool)
    site.cli("work-queue", "create", "urgent", *here, "--limit", "4", "--priority", "1")
    held = site.read(at)
    assert (held["concurrency_limit"], held["priority"], held["work_pool_name"]) == (4, 1, pool)
    site.cli("work-queue", "create", "urgent", *here, fails=True)
    assert "urgent" in site.cli("work-queue", "ls", *here)
    assert "urgent" in site.cli("work-queue", "inspect", "urgent", *here)
    site.cli("work-queue", "set-concurrency-limit", "urgent", "9", *here)
    assert site.read(at)["concurrency_limit"] == 9
    site.cli("work-queue", "slots", "urgent", *here)
    site.cli("work-queue", "clear-concurrency-limit", "urgent", *here)
    assert site.read(at)["concurrency_limit"] is None
    for verb, paused in (("pause", True), ("resume", False)):
        site.cli("work-queue", verb, "urgent", *here)
        assert site.read(at)["is_paused"] is paused
    site.cli("work-queue", "preview", "urgent", *here)
    site.cli("work-queue", "read-runs", "urgent", *here)
    loose = unique("loose")
    site.cli("work-queue", "create", loose)
    assert site.cli_json("work-queue", "inspect", loose, "--output", "json")["name"] == loose
    site.cli("work-queue", "delete", loose)
    site.cli("work-queue", "delete", "urgent", *here)
    assert site.ask("GET", at).status_code == 404
    site.cli("work-queue", "inspect", "urgent", *here, fails=True)


RUN = """
    import json
    from prefect import flow, task
    from prefect.client.orchestration import get_client
    from prefect.states import Scheduled

    @task
    def part():
        return 1

    @flow(name="{name}", log_prints=True)
    def runs():
        for i in range(12):
            print("line", i)
        return part()

    if __name__ == "__main__":
        state = runs(return_state=True)
        with get_client(sync_client=True) as client:
            made = client.create_deployment(flow_id=client.create_flow(runs), name="d", entrypoint="program.py:runs", path="{folder}")
            later = [str(client.create_flow_run_from_deployment(made, state=Scheduled()).id) for _ in range(2)]
        print(json.dumps({"run": str(state.state_details.flow_run_id), "later": later}))
"""


def test_flow_runs(site: Site) -> None:
    """`prefect flow-run` and `prefect task-run`."""
    name = unique("runs")
    told = site.program(RUN.replace("{name}", name).replace("{folder}", str(site.folder)))
    run_id = told["run"]
    run = site.flow_run(run_id)
    (task,) = until(lambda: site.task_runs(run_id), "the task run")
    until(lambda: any("Finished" in x["message"] for x in site.logs(run_id)), "log lines")
    mine = ("--flow-name", name)
    assert run["name"] in site.cli("flow-run", "ls", *mine, "--state", "Completed")
    assert run["name"] not in site.cli("flow-run", "ls", *mine, "--state-type", "FAILED")
    listed = site.cli_json("flow-run", "ls", *mine, "--state", "Completed", "--output", "json")
    assert [r["id"] for r in listed] == [run_id]
    assert site.cli_json("flow-run", "inspect", run_id, "--output", "json")["name"] == run["name"]
    site.cli("flow-run", "inspect", NOWHERE, fails=True)
    printed = site.cli("flow-run", "logs", run_id)
    assert "line 0" in printed
    assert "line 11" in printed
    assert len(site.cli("flow-run", "logs", run_id, "--head", "-n", "3").strip().splitlines()) == 3
    assert "Finished" in site.cli("flow-run", "logs", run_id, "--tail", "-n", "3")
    site.cli("flow-run", "watch", run_id, "--timeout", "20")
    assert task["id"] in site.cli("task-run", "inspect", task["id"])
    site.cli("task-run", "logs", task["id"])
    site.cli("task-run", "inspect", NOWHERE, fails=True)

    first, second = told["later"]
    site.cli("flow-run", "execute", first)
    assert site.in_state(first, "COMPLETED")["run_count"] == 1
    site.cli("flow-run", "cancel", second)
    site.in_state(second, "CANCELLED")
    site.cli("flow-run", "delete", run_id)
    assert site.ask("GET", f"/flow_runs/{run_id}").status_code == 404
    site.cli("flow-run", "delete", run_id, fails=True)
    until(lambda: not site.logs(run_id), "its log lines gone")

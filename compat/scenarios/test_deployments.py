"""Deployments at work: served on an interval, and carried out by a worker of a process pool."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import Any

from compat.scenarios.site import Site, unique, until

TICKER = """
    from datetime import timedelta
    from prefect import flow

    @flow(name="{name}", log_prints=True)
    def tick(word: str = "tick"):
        print("the word is", word)

    if __name__ == "__main__":
        tick.serve(name="often", interval=timedelta(seconds=5), parameters={"word": "tock"}, tags=["served"], limit=2,
                   description="ticks", version="1.0", print_starting_message=False)
"""


def _when(run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(run["expected_start_time"])


def test_serve_on_an_interval(site: Site) -> None:
    """The server plans a run every five seconds and the program carries them out; the command line pauses and resumes."""
    name = unique("ticker")
    full = f"{name}/often"
    site.write("tick.py", TICKER.replace("{name}", name))

    def mine(*kinds: str) -> list[dict[str, Any]]:
        wanted = {"state": {"type": {"any_": list(kinds)}}}
        return site.flow_runs(flows={"name": {"any_": [name]}}, flow_runs=wanted, sort="EXPECTED_START_TIME_ASC")

    with site.background("tick.py"):
        deployment = until(lambda: (r := site.ask("GET", f"/deployments/name/{full}")).is_success and r.json(), "it")
        assert deployment["tags"] == ["served"]
        assert deployment["description"] == "ticks"
        assert not deployment["paused"]
        (schedule,) = deployment["schedules"]
        assert (schedule["active"], schedule["schedule"]["interval"]) == (True, 5.0)
        planned = until(lambda: len(p := mine("SCHEDULED")) > 2 and p, "planned runs")
        assert all(r["auto_scheduled"] and r["created_by"]["type"] == "SCHEDULE" for r in planned)
        gaps = {(_when(b) - _when(a)).total_seconds() for a, b in pairwise(planned)}
        assert gaps == {5.0}
        done = until(lambda: len(d := mine("COMPLETED")) >= 2 and d, "two runs carried out", seconds=120)
        assert {r["parameters"]["word"] for r in done} == {"tock"}
        assert all(datetime.fromisoformat(r["start_time"]) >= _when(r) for r in done)

        site.cli("deployment", "schedule", "pause", full, schedule["id"])
        paused = datetime.now(UTC)
        until(lambda: not [r for r in mine("SCHEDULED") if _when(r) > paused], "planned runs gone after the pause")
        assert not site.read(f"/deployments/{deployment['id']}")["schedules"][0]["active"]
        due = {"deployment_id": {"any_": [deployment["id"]]}, "state": {"type": {"any_": ["SCHEDULED"]}}}
        site.read("/flow_runs/bulk_delete", {"flow_runs": due})
        site.cli("deployment", "run", full, "-p", "word=hand", "--tag", "by-hand")
        (hand,) = site.flow_runs(flow_runs={"tags": {"all_": ["by-hand"]}}, flows={"name": {"any_": [name]}})
        hand = site.in_state(hand["id"], "COMPLETED", seconds=180)
        assert (hand["parameters"], hand["auto_scheduled"]) == ({"word": "hand"}, False)
        until(lambda: any(x["message"] == "the word is hand" for x in site.logs(hand["id"])), "its log line")

        resumed = datetime.now(UTC)
        site.cli("deployment", "schedule", "resume", full, schedule["id"])
        again = until(lambda: [r for r in mine("SCHEDULED") if _when(r) > resumed], "planned runs again")
        assert all(r["auto_scheduled"] for r in again)
    until(lambda: site.read(f"/deployments/{deployment['id']}")["paused"], "paused when its program has ended")


ADDER = """
    import os
    from prefect import flow, task

    @task
    def add(a, b):
        return a + b

    @flow(name="{name}", persist_result=True, log_prints=True)
    def adder(a: int, b: int = 2) -> int:
        print("hello", os.environ.get("WHOM"))
        return add(a, b)
"""

DEPLOY = """
    import json, sys
    from prefect import flow

    remote = flow.from_source(source="{folder}", entrypoint="adder.py:adder")
    made = remote.deploy(name="pooled", work_pool_name="{pool}", parameters={"a": 1}, tags=["deployed"], concurrency_limit=3,
                         job_variables={"env": {"WHOM": "all"}}, ignore_warnings=True, print_next_steps=False)
    print(json.dumps(str(made)))
"""

CALL = """
    import json
    from prefect import flow
    from prefect.deployments import run_deployment

    direct = run_deployment("{name}/pooled", parameters={"a": 40}, timeout=120, poll_interval=0.5, tags=["called"])

    @flow
    def caller():
        return str(run_deployment("{name}/pooled", timeout=120, poll_interval=0.5, job_variables={"env": {"WHOM": "one"}}).id)

    print(json.dumps({"direct": str(direct.id), "result": direct.state.result(), "inner": caller()}))
"""


def test_deploy_to_a_process_pool(site: Site) -> None:
    """A worker takes the runs, carries them out and leaves its traces on them, on the pool and on the queue."""
    name, pool = unique("adder"), unique("pool")
    site.write("code/adder.py", ADDER.replace("{name}", name))
    site.cli("work-pool", "create", pool, "--type", "process")
    made = site.read(f"/work_pools/{pool}")
    assert (made["type"], made["status"], made["is_paused"]) == ("process", "NOT_READY", False)
    assert "env" in made["base_job_template"]["variables"]["properties"]
    told = site.program(DEPLOY.replace("{folder}", str(site.folder / "code")).replace("{pool}", pool), "deploy.py")
    deployment = site.read(f"/deployments/{told}")
    assert (deployment["work_pool_name"], deployment["work_queue_name"]) == (pool, "default")
    assert deployment["parameter_openapi_schema"]["required"] == ["a"]
    assert deployment["global_concurrency_limit"]["limit"] == 3
    assert "set_working_directory" in str(deployment["pull_steps"])

    worker = ("-m", "prefect", "worker", "start", "--pool", pool, "--type", "process", "--name", "mine")
    with site.background(*worker, PREFECT_WORKER_HEARTBEAT_SECONDS="3"):
        told = site.program(CALL.replace("{name}", name), "call.py", seconds=240)
        assert told["result"] == 42
        run = site.flow_run(told["direct"])
        assert set(run["tags"]) == {"deployed", "called"}
        assert (run["work_pool_name"], run["work_queue_name"]) == (pool, "default")
        assert run["parameters"]["a"] == 40
        assert run["infrastructure_pid"]
        kinds = [kind for kind, _ in groupby(site.states(run["id"]), key=lambda s: s[0])]
        assert kinds == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]
        until(lambda: any(x["message"] == "hello all" for x in site.logs(run["id"])), "the deployment's job variable")
        inner = site.flow_run(told["inner"])
        assert inner["parent_task_run_id"]
        assert inner["job_variables"] == {"env": {"WHOM": "one"}}
        until(lambda: any(x["message"] == "hello one" for x in site.logs(inner["id"])), "the run's own job variable")
        (worker_row,) = site.read(f"/work_pools/{pool}/workers/filter", {})
        assert (worker_row["name"], worker_row["status"]) == ("mine", "ONLINE")
        until(lambda: site.read(f"/work_pools/{pool}")["status"] == "READY", "the pool READY")
        until(lambda: site.read(f"/deployments/{deployment['id']}")["status"] == "READY", "the deployment READY")
    assert site.read(f"/work_pools/{pool}/queues/default")["last_polled"]

"""Tours of runs, of the API by hand, and of what the client is told about itself."""

from __future__ import annotations

from compat.scenarios.site import unique, until
from compat.tours.tour import Each, Tour

NOWHERE = "00000000-0000-4000-8000-000000000000"
RUNS = """
    import json
    from prefect import flow, task

    @task(task_run_name="part-{n}")
    def part(n: int):
        return n

    @flow(name="NAME", flow_run_name="run-NAME", log_prints=True, version="1")
    def runs(n: int = 1):
        for i in range(12):
            print("line", i)
        return part(n)

    @flow(name="NAME", flow_run_name="broken-NAME", version="1")
    def breaks():
        raise ValueError("by design")

    run = runs(return_state=True).state_details.flow_run_id
    broken = breaks(return_state=True).state_details.flow_run_id
    print(json.dumps({"run": str(run), "broken": str(broken)}))
"""


def test_runs(tour: Tour) -> None:
    """`prefect flow-run` and `prefect task-run`."""
    name = unique("runs")
    told = tour.program(RUNS.replace("NAME", name))
    run, broken = (Each(told.locum[key], told.peer[key]) for key in ("run", "broken"))
    tasks = tour.both(lambda site, n: until(lambda: site.task_runs(run.at(n)), "the task run"))
    task = Each(tasks.locum[0]["id"], tasks.peer[0]["id"])
    tour.both(lambda site, n: until(lambda: len(site.logs(run.at(n))) == 15, "log lines"))
    mine = ("--flow-name", name)
    tour.cli("flow-run", "ls", *mine, only=name)
    for narrowed in (("--state", "Completed"), ("--state-type", "FAILED"), ("--limit", "1")):
        tour.cli("flow-run", "ls", *mine, *narrowed, only=name)
    tour.cli("flow-run", "ls", "--state", "Nonsense", only=None)
    tour.cli("flow-run", "logs", run)
    tour.cli("flow-run", "logs", run, "--head", "-n", "3")
    tour.cli("flow-run", "logs", run, "--tail", "-n", "3", "--reverse")
    tour.cli("task-run", "ls", "--task-run-name", f"part-{name}", only=None)
    tour.cli("task-run", "logs", task)
    tour.cli("flow-run", "watch", run, "--timeout", "20")
    tour.cli("flow-run", "watch", broken, "--timeout", "20", fails=True)
    for verb in ("inspect", "logs", "cancel", "delete", "retry"):
        tour.cli("flow-run", verb, NOWHERE, fails=True)
    for verb in ("inspect", "logs"):
        tour.cli("task-run", verb, NOWHERE, fails=True)
    tour.cli("flow-run", "cancel", run, fails=True)
    tour.cli("flow-run", "retry", run, fails=True)
    tour.cli("flow-run", "delete", run)
    tour.cli("flow-run", "inspect", run, fails=True)


def test_requests_by_hand(tour: Tour) -> None:
    """`prefect api`: answers as they are, and exit codes for refusals."""
    name = unique("flow")
    tour.cli("api", "POST", "/flows/", "--data", f'{{"name": "{name}", "tags": ["x"]}}')
    tour.cli("api", "GET", f"/flows/name/{name}")
    tour.cli("api", "POST", "/flows/filter", "--data", f'{{"flows": {{"name": {{"any_": ["{name}"]}}}}}}')
    tour.cli("api", "GET", f"/flows/{NOWHERE}", fails=True)
    tour.cli("api", "POST", "/flows/", "--data", "{}", fails=True)
    tour.cli("api", "PUT", "/flows/", fails=True, only="Error")
    tour.cli("api", "GET", "/nothing/here", fails=True)
    tour.cli("api", "GET", "/health")


def test_what_the_client_says_of_the_server(tour: Tour) -> None:
    """Its version, its health and its address."""
    tour.cli("version")
    tour.cli("server", "status")
    tour.cli("server", "status", "--output", "json")
    tour.cli("config", "view", only="PREFECT_API_URL")
    tour.cli("config", "validate")
    tour.cli("profile", "inspect")
    tour.cli("dashboard", "open", only=None)

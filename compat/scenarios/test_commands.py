"""Runs by the command line: looked at, carried out, cancelled and deleted."""

from __future__ import annotations

from compat.scenarios.site import Site, unique, until

NOWHERE = "00000000-0000-4000-8000-000000000000"
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

"""The same small scenario with each older client: a flow with tasks, and a deployment carried out by a worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.environments import OLD, OLD_VERSIONS, python_of
from compat.scenarios.site import Site, Zygote, environment_for, unique, until

RUN = """
    import json
    import prefect
    from prefect import flow, get_run_logger, tags, task

    @task(tags=["old"])
    def double(x):
        get_run_logger().info("doubling %d", x)
        return 2 * x

    @flow(name="{name}", log_prints=True)
    def doubles(n: int = 3):
        print("counting to", n)
        return sum(f.result() for f in double.map(list(range(n))))

    if __name__ == "__main__":
        with tags("aged"):
            state = doubles(return_state=True)
        print(json.dumps({"id": str(state.state_details.flow_run_id), "result": state.result(), "version": prefect.__version__}))
"""
DEPLOY = """
    import json
    from prefect import flow
    from prefect.deployments import run_deployment

    remote = flow.from_source(source="{folder}", entrypoint="flows.py:doubles")
    made = remote.deploy(name="old", work_pool_name="{pool}", parameters={"n": 2}, tags=["deployed"], ignore_warnings=True,
                         print_next_steps=False)
    run = run_deployment("{name}/old", timeout=0)
    print(json.dumps({"deployment": str(made), "run": str(run.id)}))
"""


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_an_older_client(locum_api: str, tmp_path: Path, version: str) -> None:
    """What it writes is there, and what it reads it understands."""
    python = python_of(OLD / version)
    if not python.exists():
        pytest.skip(f"no environment of client {version}: python -m compat.environments old {version}")
    environment = environment_for(locum_api, tmp_path / "home")
    zygote = Zygote(python, environment)
    site = Site(locum_api, python, tmp_path, zygote, environment)
    name, pool = unique("doubles"), unique("pool")

    told = site.program(RUN.replace("{name}", name), "flows.py")
    assert (told["version"], told["result"]) == (version, 6)
    run = site.flow_run(told["id"])
    assert (run["state_type"], run["parameters"], run["tags"]) == ("COMPLETED", {"n": 3}, ["aged"])
    tasks = until(lambda: len(t := site.task_runs(told["id"])) == 3 and t, "three task runs")
    until(lambda: {t["state_type"] for t in site.task_runs(told["id"])} == {"COMPLETED"}, "all of them completed")
    assert all("old" in t["tags"] for t in tasks)
    until(lambda: any(x["message"] == "counting to 3" for x in site.logs(told["id"])), "its log lines")

    assert site.ask("POST", "/work_pools/", {"name": pool, "type": "process"}).is_success
    text = DEPLOY.replace("{folder}", str(tmp_path)).replace("{pool}", pool).replace("{name}", name)
    told = site.program(text, "deploy.py")
    with site.background(
        python.with_name("prefect"), "worker", "start", "--pool", pool, "--type", "process", "--name", "old"
    ):
        run = site.in_state(told["run"], "COMPLETED", seconds=180)
    assert (run["deployment_id"], run["parameters"], run["work_pool_name"]) == (told["deployment"], {"n": 2}, pool)
    (worker,) = site.read(f"/work_pools/{pool}/workers/filter", {})
    assert worker["name"] == "old"
    zygote.end()

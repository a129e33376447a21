"""The worker channel of the real client: signs of life, news of the pool, and what is to be cleaned up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.scenarios.site import Site, Zygote, environment_for, unique, until
from compat.servers import Server, discard, free_port, start_locum, temporary_data

FLOWS = """
    import os, time
    from pathlib import Path
    from prefect import flow

    @flow(name="{name}-quick", log_prints=True)
    def quick():
        print("hello", os.environ.get("WHOM"))

    @flow(name="{name}-stuck")
    def stuck():
        Path("{folder}/stuck.txt").write_text("here")
        time.sleep(600)
"""
DEPLOY = """
    import json
    from prefect import flow

    made = {}
    for entry in ("quick", "stuck"):
        remote = flow.from_source(source="{folder}/code", entrypoint=f"flows.py:{entry}")
        made[entry] = str(remote.deploy(name="here", work_pool_name="{pool}", ignore_warnings=True, print_next_steps=False))
    print(json.dumps(made))
"""
CLEANER = """
    import asyncio, os, signal
    from contextlib import suppress
    from pathlib import Path
    from prefect.workers.process import ProcessWorker

    class Cleaner(ProcessWorker):
        type = "{pool}"

        async def kill_infrastructure(self, infrastructure_pid, configuration, grace_seconds=30):
            with Path("{folder}/killed.txt").open("a") as out:
                out.write(infrastructure_pid + "\\n")
            with suppress(ProcessLookupError):
                os.kill(int(infrastructure_pid), signal.SIGKILL)

    asyncio.run(Cleaner(work_pool_name="{pool}", name="cleaner").start())
"""
BY_CHANNEL = "Skipping REST worker heartbeat because the worker channel is healthy."
LOUD = {"PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_WORKER_HEARTBEAT_SECONDS": "1"}


def _deploy(site: Site, pool: str) -> dict[str, str]:
    """The ids of the deployments `quick` and `stuck` in that pool."""
    name = unique("channel")
    site.write("code/flows.py", FLOWS.replace("{name}", name).replace("{folder}", str(site.folder)))
    return site.program(DEPLOY.replace("{folder}", str(site.folder)).replace("{pool}", pool), "deploy.py")


def _run(site: Site, deployment: str) -> str:
    return site.read(f"/deployments/{deployment}/create_flow_run", {})["id"]


def _heard(site: Site, pool: str) -> str:
    """When the pool's worker was last heard from."""
    (worker,) = site.read(f"/work_pools/{pool}/workers/filter", {})
    assert worker["status"] == "ONLINE"
    return worker["last_heartbeat_time"]


def _hear_again(site: Site, pool: str) -> None:
    heard = _heard(site, pool)
    until(lambda: _heard(site, pool) > heard, "another sign of life")


def test_a_process_worker_uses_the_channel(site: Site) -> None:
    """It makes its pool, gives signs of life, hears of a new template, and its runs are carried out and cancelled."""
    pool = unique("pool")
    worker = ("-m", "prefect", "worker", "start", "--pool", pool, "--type", "process", "--name", "mine")
    with site.background(*worker, **LOUD, PREFECT_WORKER_ENABLE_CANCELLATION="true") as log:
        until(lambda: site.ask("GET", f"/work_pools/{pool}").is_success, "the pool that the worker makes")
        until(lambda: BY_CHANNEL in log.read_text(), "a heartbeat that is not sent by REST")
        made = site.read(f"/work_pools/{pool}")
        assert (made["type"], made["status"]) == ("process", "READY")
        assert made["base_job_template"]["variables"]["properties"]["env"]
        _hear_again(site, pool)

        deployments = _deploy(site, pool)
        template = made["base_job_template"]
        template["variables"]["properties"]["env"]["default"] = {"WHOM": "by channel"}
        assert site.ask("PATCH", f"/work_pools/{pool}", {"base_job_template": template}).status_code == 204
        # The first tells the server what the worker does not know yet, the second that the worker was told.
        _hear_again(site, pool)
        _hear_again(site, pool)
        quick = _run(site, deployments["quick"])
        site.in_state(quick, "COMPLETED")
        until(lambda: "hello by channel" in [line["message"] for line in site.logs(quick)], "the new template's value")

        stuck = _run(site, deployments["stuck"])
        until((site.folder / "stuck.txt").exists, "the run that hangs")
        site.cli("flow-run", "cancel", stuck)
        site.in_state(stuck, "CANCELLED")
        assert "/workers/heartbeat" not in log.read_text()


@pytest.fixture
def hasty(client_python: Path, tmp_path: Path) -> Iterator[tuple[Site, Server]]:
    """A server that soon takes a cancelled run for stuck, and a site at it."""
    data, port = temporary_data("hasty"), free_port()
    settings = {
        "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_CANCELLING_TIMEOUT_SECONDS": "2",
    }
    server = start_locum(data, port, **settings)
    environment = environment_for(server.api, tmp_path / "home")
    zygote = Zygote(client_python, environment)
    try:
        yield Site(server.ready().api, client_python, tmp_path, zygote, environment), server
    finally:
        zygote.end()
        server.stop()
        discard(data)


def test_a_worker_cleans_up_after_a_run_that_does_not_end(hasty: tuple[Site, Server]) -> None:
    """Where nobody confirms a cancellation the server ends it, and the worker is asked to end the process."""
    site, _ = hasty
    pool = unique("cleaner")
    site.write("cleaner.py", CLEANER.replace("{pool}", pool).replace("{folder}", str(site.folder)))
    with site.background("cleaner.py", **LOUD, PREFECT_WORKER_ENABLE_CANCELLATION="false") as log:
        until(lambda: BY_CHANNEL in log.read_text(), "a heartbeat that is not sent by REST")
        stuck = _run(site, _deploy(site, pool)["stuck"])
        until((site.folder / "stuck.txt").exists, "the run that hangs")
        pid = until(lambda: site.flow_run(stuck)["infrastructure_pid"], "its process")
        state = {"type": "CANCELLING", "name": "Cancelling"}
        assert site.read(f"/flow_runs/{stuck}/set_state", {"state": state})["status"] == "ACCEPT"
        site.in_state(stuck, "CANCELLED")
        until((site.folder / "killed.txt").exists, "the process ended by the worker")
        assert (site.folder / "killed.txt").read_text() == f"{pid}\n"
        _hear_again(site, pool)
        assert (site.folder / "killed.txt").read_text() == f"{pid}\n"

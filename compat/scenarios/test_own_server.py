"""What needs a server of its own: settings of the whole server, short waits, and a server to move away from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from compat.scenarios.site import Site, Zygote, environment_for, unique, until
from compat.servers import Server, discard, start_locum, temporary_data

SHORT = {"PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A locum that nobody else uses."""
    server = start_locum(temporary_data("own"), **SHORT).ready()
    yield server
    server.stop()
    discard(server.data)


@pytest.fixture
def own(server: Server, client_python: Path, tmp_path: Path) -> Iterator[Site]:
    """A working place at that server."""
    folder = tmp_path / "own"
    folder.mkdir()
    environment = environment_for(server.api, tmp_path / "own-home")
    zygote = Zygote(client_python, environment)
    yield Site(server.api, client_python, folder, zygote, environment)
    zygote.end()


KEEPS = """
    import json, os
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.filesystems import LocalFileSystem

    @flow(persist_result=True)
    def keeps():
        return [1, 2]

    told = {}
    with get_client(sync_client=True) as client:
        for when in ("set", "cleared"):
            state = keeps(return_state=True)
            run = client.read_flow_run(state.state_details.flow_run_id)
            told[when] = [run.state.result(), str(run.state.data.storage_block_id)]
            if when == "set":
                client.clear_server_default_result_storage()
    print(json.dumps(told))
"""
FILES = """
    import json
    from prefect.filesystems import LocalFileSystem
    print(json.dumps(str(LocalFileSystem(basepath="FOLDER/kept").save("NAME"))))
"""


def test_default_result_storage(own: Site) -> None:
    """`prefect experimental result-storage`: where flows that name no storage keep their results."""
    storage = ("experimental", "result-storage")
    name = unique("kept")
    made = own.program(FILES.replace("FOLDER", str(own.folder)).replace("NAME", name))
    assert "No default" in own.cli(*storage, "inspect")
    own.cli(*storage, "set", f"local-file-system/{name}-none", fails=True)
    own.cli(*storage, "set", "--id", "00000000-0000-4000-8000-000000000000", fails=True)
    own.cli(*storage, "set", f"local-file-system/{name}")
    shown = own.cli_json(*storage, "inspect", "--output", "json")
    assert shown == {"default_result_storage_block_id": made, "block": f"local-file-system/{name}"}
    told = own.program(KEEPS)
    assert told["set"] == [[1, 2], made]
    assert told["cleared"][0] == [1, 2]
    assert told["cleared"][1] != made
    assert len(list((own.folder / "kept").iterdir())) == 1
    own.cli(*storage, "set", "--id", made)
    own.cli(*storage, "clear")
    assert "No default" in own.cli(*storage, "inspect")


SERVES = """
    import time
    from prefect import flow, serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy

    @flow(name="NAME")
    def busy():
        time.sleep(1)

    if __name__ == "__main__":
        limits = {"waits": ConcurrencyLimitStrategy.ENQUEUE, "gives-up": ConcurrencyLimitStrategy.CANCEL_NEW}
        serve(*(busy.to_deployment(n, concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=s)) for n, s in limits.items()))
"""


def test_limits_of_deployments(own: Site) -> None:
    """One run at a time: the next one waits, or is cancelled where the deployment says so."""
    name = unique("busy")
    own.write("busy.py", SERVES.replace("NAME", name))
    with own.background("busy.py"):
        where = f"/deployments/name/{name}"
        until(lambda: own.ask("GET", f"{where}/gives-up").is_success, "both deployments")
        runs: dict[str, list[str]] = {}
        for kind in ("waits", "gives-up"):
            deployment = own.read(f"{where}/{kind}")
            assert deployment["global_concurrency_limit"]["limit"] == 1
            made = [own.read(f"/deployments/{deployment['id']}/create_flow_run", {}) for _ in range(2)]
            runs[kind] = [run["id"] for run in made]
        done = [own.in_state(run, "COMPLETED") for run in runs["waits"]]
        ends = until(
            lambda: sorted(own.flow_run(run)["state_type"] for run in runs["gives-up"]) == ["CANCELLED", "COMPLETED"],
            "one carried out and one cancelled",
        )
        assert ends
    spans = sorted((datetime.fromisoformat(r["start_time"]), datetime.fromisoformat(r["end_time"])) for r in done)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
    assert any(("SCHEDULED", "AwaitingConcurrencySlot") in own.states(run) for run in runs["waits"])
    limits = own.read("/v2/concurrency_limits/filter", {})
    assert {limit["active_slots"] for limit in limits} == {0}


BUILDS = """
    import json
    from prefect import flow
    from prefect.blocks.core import Block
    from prefect.blocks.system import Secret
    from prefect.schedules import Cron
    from prefect.variables import Variable
    from pydantic import SecretStr

    class Inner(Block):
        _block_type_name = "Inner MARK"
        _block_type_slug = "inner-MARK"
        key: SecretStr

    class Outer(Block):
        _block_type_name = "Outer MARK"
        _block_type_slug = "outer-MARK"
        inner: Inner

    inner = Inner(key="s3cret")
    inner.save("MARK-inner")
    Outer(inner=inner).save("MARK-outer")
    Secret(value={"a": 1}).save("MARK-secret")
    Variable.set("MARK", {"v": [1]}, tags=["moved"])
    made = flow.from_source(source="FOLDER", entrypoint="moved.py:moved").deploy(
        "moved", work_pool_name="MARK", work_queue_name="urgent", ignore_warnings=True, print_next_steps=False,
        schedules=[Cron("1 2 3 4 *", timezone="Asia/Tokyo", active=False)], parameters={"n": 2}, tags=["moved"],
        job_variables={"env": {"A": "{{ prefect.blocks.secret.MARK-secret }}"}}, concurrency_limit=4)
    print(json.dumps(str(made)))
"""
CODE = """
    from prefect import flow

    @flow(name="MARK")
    def moved(n: int = 1):
        return n
"""
PROFILES = """
    active = "here"
    [profiles.here]
    PREFECT_API_URL = "FROM"
    [profiles.there]
    PREFECT_API_URL = "INTO"
"""
# What each server gives a thing, and what the client leaves behind.
GIVEN = {"id", "created", "updated", "labels", "block_document_references"}
NOT_MOVED = {*GIVEN, "global_concurrency_limit", "slot_decay_per_second", "code_example"}


@pytest.fixture
def mover(client_python: Path, tmp_path: Path) -> Iterator[Site]:
    """A working place at no server: an address in the environment would outweigh those of the profiles."""
    environment = environment_for("", tmp_path / "home")
    del environment["PREFECT_API_URL"]
    zygote = Zygote(client_python, environment)
    yield Site("", client_python, tmp_path, zygote, environment)
    zygote.end()


def test_moving_to_another_server(own: Site, site: Site, mover: Site) -> None:
    """`prefect transfer` takes everything along, secrets too, and a second time finds it there."""
    mark = unique("m").replace("-", "")
    own.write("moved.py", CODE.replace("MARK", mark))
    own.cli("work-pool", "create", mark, "--type", "process", "--set-as-default")
    own.cli("work-queue", "create", "urgent", "--pool", mark, "--limit", "3", "--priority", "1")
    for n in range(12):  # more than one page
        own.read("/v2/concurrency_limits/", {"name": f"{mark}-{n}", "limit": n, "slot_decay_per_second": n / 2})
    made = own.program(BUILDS.replace("MARK", mark).replace("FOLDER", str(own.folder)))
    reacts = {"type": "event", "posture": "Reactive", "expect": [f"{mark}.*"], "threshold": 2, "within": 60}
    action = {"type": "run-deployment", "source": "selected", "deployment_id": made}
    own.read("/automations/", {"name": mark, "trigger": reacts, "actions": [action]})
    mover.write("home/profiles.toml", PROFILES.replace("FROM", own.api).replace("INTO", site.api))
    printed = mover.cli("transfer", "--from", "here", "--to", "there")
    assert "failed" not in printed.lower(), printed
    paths = (
        f"/work_pools/{mark}",
        f"/work_pools/{mark}/queues/urgent",
        f"/deployments/name/{mark}/moved",
        f"/variables/name/{mark}",
        f"/v2/concurrency_limits/{mark}-11",
        f"/block_types/slug/inner-{mark}",
        f"/block_types/slug/outer-{mark}/block_documents/name/{mark}-outer?include_secrets=true",
    )
    assert [_content(site.read(path)) for path in paths] == [_content(own.read(path)) for path in paths]
    named = {"automations": {"name": {"any_": [mark]}}}
    moved, *more = site.read("/automations/filter", named)
    assert not more
    assert _content(moved) == _content(own.read("/automations/filter", named)[0])
    assert moved["actions"][0]["deployment_id"] == site.read(f"/deployments/name/{mark}/moved")["id"]
    again = mover.cli("transfer", "--from", "here", "--to", "there")
    assert "failed" not in again.lower(), again


def _content(value: object) -> object:
    """What is told of a thing that was moved."""
    if isinstance(value, dict):
        return {k: _content(v) for k, v in value.items() if k not in NOT_MOVED and not k.endswith("_id")}
    if isinstance(value, list):
        return [_content(each) for each in value]
    return value

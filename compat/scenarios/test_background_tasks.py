"""Background tasks: `delay` in one process, `serve` in others."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from compat.scenarios.site import Site, Zygote, environment_for, unique, until
from compat.servers import discard, free_port, start_locum, temporary_data

TASKS = """
    import asyncio, os, time
    from pathlib import Path
    from prefect import task

    HERE = Path(__file__).parent

    def note(what):
        with (HERE / "done.txt").open("a") as out:
            out.write(f"{what} {os.getpid()}\\n")

    @task(name="{name}-add")
    def add(a, b=2):
        note(f"add-{a}")
        return {"sum": a + b, "of": [a, b]}

    @task(name="{name}-again", retries=2, retry_delay_seconds=0.5)
    def again(n):
        with (HERE / "tries.txt").open("a") as out:
            out.write("x")
        if len((HERE / "tries.txt").read_text()) < 3:
            raise ValueError("not yet")
        return n

    @task(name="{name}-fails")
    async def fails(word):
        await asyncio.sleep(0)
        raise RuntimeError(word)

    @task(name="{name}-hold")
    def hold(n):
        note(f"hold-{n}")
        while not (HERE / "go.txt").exists():
            time.sleep(0.1)
        note(f"held-{n}")
        return n
"""
SERVE = """
    import sys
    from prefect.task_worker import serve
    from tasks import add, again, fails, hold

    serve(add, again, fails, hold, limit=int(sys.argv[1]))
"""
CALL = """
    import json
    from tasks import add, again, fails

    sums = [add.delay(n) for n in range(20)]
    third = add.apply_async(kwargs={"a": 1, "b": 1}, wait_for=[sums[0]])
    tried, failed = again.delay(7), fails.delay("sorry")
    for one in (*sums, third, tried, failed):
        one.wait(timeout=90)
    print(json.dumps({
        "sums": [one.result()["sum"] for one in sums], "third": third.result()["sum"], "tried": tried.result(),
        "ids": [str(one.task_run_id) for one in (sums[0], tried, failed)],
    }))
"""
HOLD = """
    from tasks import hold

    for n in range(3):
        hold.delay(n)
"""
EARLY = """
    import json
    from tasks import add

    print(json.dumps(str(add.delay(1).task_run_id)))
"""
INSIDE = """
    import json
    from prefect import flow
    from tasks import add

    @flow(name="{name}")
    def outer():
        inner = add.delay(5)
        inner.wait(timeout=90)
        return str(inner.task_run_id), inner.result()["sum"]

    run_id, total = outer()
    print(json.dumps({"id": run_id, "sum": total}))
"""


def _tasks(site: Site, name: str) -> str:
    """Writes the files; the key of the task `add`."""
    site.write("tasks.py", TASKS.replace("{name}", name))
    site.write("serve.py", SERVE)
    return site.program("import json\nfrom tasks import add\nprint(json.dumps(add.task_key))", "key.py")


def _workers(site: Site, key: str) -> list[dict[str, Any]]:
    """The task workers that are connected for the task."""
    return site.read("/task_workers/filter", {"task_worker_filter": {"task_keys": [key]}})


def _done(site: Site, what: str) -> list[tuple[str, int]]:
    """What tasks have noted, and in which process."""
    place = site.folder / "done.txt"
    lines = [line.split() for line in place.read_text().splitlines()] if place.exists() else []
    return [(said, int(pid)) for said, pid in lines if said.startswith(what)]


def _pid_of(worker: dict[str, Any]) -> int:
    """The identifier of a task worker ends in its process's id."""
    return int(worker["identifier"].rsplit("-", 1)[1])


def test_delay_and_serve(site: Site) -> None:
    """Two workers share the runs; each is done once, with its parameters; retries, results and failures are kept."""
    key = _tasks(site, unique("bg"))
    with site.background("serve.py", 5), site.background("serve.py", 5):
        until(lambda: len(_workers(site, key)) == 2, "two task workers")
        told = site.program(CALL, "call.py", seconds=180)
        assert told["sums"] == [n + 2 for n in range(20)]
        assert (told["third"], told["tried"]) == (2, 7)
        done = _done(site, "add-")
        assert sorted(said for said, _ in done) == sorted([*(f"add-{n}" for n in range(20)), "add-1"])
        assert len({pid for _, pid in done}) == 2
        added, tried, failed = told["ids"]
        until(lambda: site.states(added, "task")[-1][0] == "COMPLETED", "the run's last state")
        assert [kind for kind, _ in site.states(added, "task")] == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]
        assert [n for _, n in site.states(tried, "task")].count("Retrying") == 2
        assert site.read(f"/task_runs/{tried}")["run_count"] == 3
        assert site.read(f"/task_runs/{failed}")["state"]["message"].endswith("sorry")
    until(lambda: not _workers(site, key), "no task worker left")


def test_runs_wait_for_a_worker(site: Site) -> None:
    """What is delayed before anybody serves it is done when somebody does, from inside a flow too."""
    name = unique("bg")
    _tasks(site, name)
    early = site.program(EARLY, "early.py")
    assert site.states(early, "task") == [("SCHEDULED", "Scheduled")]
    with site.background("-m", "prefect", "task", "serve", "tasks.py:add"):
        until(lambda: site.states(early, "task")[-1][0] == "COMPLETED", "the early run")
        inside = site.program(INSIDE.replace("{name}", name), "inside.py", seconds=180)
        assert inside["sum"] == 7
        assert [n for n, _ in _done(site, "add-")] == ["add-1", "add-5"]


def test_a_killed_worker_gives_back_what_it_had_not_confirmed(site: Site) -> None:
    """A worker with one place runs one task, has confirmed a second and was sent a third: that one goes to another."""
    key = _tasks(site, unique("bg"))
    with site.background("serve.py", 1):
        (first,) = until(lambda: _workers(site, key), "a task worker")
        site.program(HOLD, "hold.py")
        until(lambda: _done(site, "hold-"), "it holds one")
        time.sleep(1)  # for the second and the third to be sent
        with site.background("serve.py", 1):
            until(lambda: len(_workers(site, key)) == 2, "another")
            os.kill(_pid_of(first), signal.SIGKILL)
            until(lambda: len({pid for _, pid in _done(site, "hold-")}) == 2, "the other holds the third")
            until(lambda: len(_workers(site, key)) == 1, "the first is known to have gone")
            (site.folder / "go.txt").touch()
            assert until(lambda: _done(site, "held-"), "it is done") == [("held-2", _pid_of(_workers(site, key)[0]))]
            assert _done(site, "hold-")[0] == ("hold-0", _pid_of(first))


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_what_was_delayed_outlives_the_server(client_python: Path, tmp_path: Path, how: str) -> None:
    """Runs wait in the database, and a worker that is connected when the server ends comes again by itself."""
    data, port = temporary_data("delay"), free_port()
    server = start_locum(data, port)
    environment = environment_for(server.api, tmp_path / "home")
    zygote = Zygote(client_python, environment)
    site = Site(server.ready().api, client_python, tmp_path, zygote, environment)
    try:
        key = _tasks(site, unique("bg"))
        early = site.program(EARLY, "early.py")
        getattr(server, how)()
        server = start_locum(data, port).ready()
        with site.background("serve.py", 5):
            until(lambda: site.states(early, "task")[-1][0] == "COMPLETED", "the early run")
            getattr(server, how)()
            server = start_locum(data, port).ready()
            until(lambda: _workers(site, key), "the worker again")
            late = site.program(EARLY, "early.py")
            until(lambda: site.states(late, "task")[-1][0] == "COMPLETED", "the late run")
        assert [said for said, _ in _done(site, "add-")] == ["add-1", "add-1"]
    finally:
        zygote.end()
        server.stop()
        discard(data)

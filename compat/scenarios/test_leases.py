"""Slots under many hands: processes that contend for them, holders that live long, and holders that die."""

from __future__ import annotations

import os
import signal
import time
from itertools import pairwise

from compat.scenarios.site import Site, unique, until

LEASE = 60  # the shortest that there is

CONTENDERS = """
    import asyncio, json, multiprocessing, time
    from prefect.concurrency.asyncio import concurrency as aconcurrency
    from prefect.concurrency.sync import concurrency

    def waits(log):
        for _ in range(3):
            with concurrency("NAME", occupy=1, strict=True):
                began = time.monotonic()
                time.sleep(0.05)
                log.put((began, time.monotonic()))

    async def awaits(log):
        for _ in range(3):
            async with aconcurrency(["NAME", "NAME-wide"], occupy=1, strict=True):
                began = time.monotonic()
                await asyncio.sleep(0.05)
                log.put((began, time.monotonic()))

    def main():
        forked = multiprocessing.get_context("fork")
        log = forked.Queue()
        kinds = [lambda: waits(log), lambda: asyncio.run(awaits(log))]
        children = [forked.Process(target=kinds[n % 2]) for n in range(4)]
        for child in children:
            child.start()
        held = [log.get(timeout=100) for _ in range(12)]
        for child in children:
            child.join()
        print(json.dumps(held))

    main()
"""


def _most_at_once(held: list[tuple[float, float]]) -> int:
    edges = sorted([(began, 1) for began, _ in held] + [(ended, -1) for _, ended in held])
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def test_processes_that_contend(site: Site) -> None:
    """Never more inside than the limit, by sync and async holders in four processes; nothing is held afterwards."""
    name = unique("gate")
    for full, limit in ((name, 2), (f"{name}-wide", 10)):
        site.read("/v2/concurrency_limits/", {"name": full, "limit": limit})
    held = site.program(CONTENDERS.replace("NAME", name))
    assert len(held) == 12
    assert _most_at_once(held) <= 2
    assert [site.read(f"/v2/concurrency_limits/{n}")["active_slots"] for n in (name, f"{name}-wide")] == [0, 0]


RATED = """
    import json, time
    from prefect.concurrency.sync import rate_limit

    began = time.monotonic()
    at = []
    for _ in range(9):
        rate_limit("NAME")
        at.append(time.monotonic() - began)
    print(json.dumps(at))
"""


def test_a_rate(site: Site) -> None:
    """Three at once and three a second from then on, as exactly as the client can wait."""
    name = unique("rate")
    site.read("/v2/concurrency_limits/", {"name": name, "limit": 3, "slot_decay_per_second": 3.0})
    at = site.program(RATED.replace("NAME", name))
    # Within any window no more than what was free and what had decayed by then.
    assert all(n <= 3 + 3 * (moment + 0.05) for n, moment in enumerate(at, 1))
    assert 1.9 < at[-1] < 15
    assert all(a <= b for a, b in pairwise(at))


HOLDER = """
    import os, time
    from pathlib import Path
    from prefect import flow, task
    from prefect.concurrency.sync import concurrency

    @task(tags=["NAME-tag"])
    def inside():
        Path("WHO.part").write_text(str(os.getpid()))
        Path("WHO.part").rename("WHO.held")
        while not Path("WHO.leave").exists():
            time.sleep(0.1)

    @flow
    def holding():
        with concurrency("NAME-WHO", occupy=1, lease_duration=LEASE, strict=True):
            inside()

    holding()
"""
TRIES = """
    import json
    from prefect.concurrency.sync import concurrency

    def tried(name):
        try:
            with concurrency(name, timeout_seconds=0.3, strict=True):
                return True
        except TimeoutError:
            return False

    print(json.dumps([tried(name) for name in ("NAME-dies", "NAME-lives", "tag:NAME-tag")]))
"""


def test_holders_that_live_and_die(site: Site) -> None:
    """A holder keeps its slot beyond its lease as it renews it; those of a killed one come back when its lease ends."""
    name = unique("held")
    for who in ("dies", "lives"):
        site.read("/v2/concurrency_limits/", {"name": f"{name}-{who}", "limit": 1})
    site.read("/concurrency_limits/", {"tag": f"{name}-tag", "concurrency_limit": 2})
    tries = TRIES.replace("NAME", name)
    holder = HOLDER.replace("NAME", name).replace("LEASE", str(LEASE))
    for who in ("dies", "lives"):
        site.write(f"{who}.py", holder.replace("WHO", who))

    with site.background("lives.py"), site.background("dies.py"):
        for who in ("lives", "dies"):
            until((site.folder / f"{who}.held").exists, f"the slot of the one that {who}")
        began = time.monotonic()
        assert site.program(tries) == [False, False, False]
        os.kill(int((site.folder / "dies.held").read_text()), signal.SIGKILL)
        killed = time.monotonic()
        assert site.program(tries) == [False, False, False]
        until(lambda: site.read(f"/v2/concurrency_limits/{name}-dies")["active_slots"] == 0, "its slot", 2 * LEASE)
        # The lease may have been renewed just before; nobody gets the slot before it ends.
        assert time.monotonic() - began > LEASE * 0.9
        assert time.monotonic() - killed < LEASE + 10
        until(lambda: site.read(f"/v2/concurrency_limits/tag:{name}-tag")["active_slots"] == 1, "the task's slot", 30)
        assert time.monotonic() - began < LEASE * 2
        assert site.program(tries) == [True, False, True]
        (site.folder / "lives.leave").touch()
        until(lambda: site.read(f"/v2/concurrency_limits/{name}-lives")["active_slots"] == 0, "the living one's slot")
    assert site.program(tries) == [True, True, True]

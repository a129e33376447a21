"""Concurrency limits as flows and tasks meet them."""

from __future__ import annotations

from compat.scenarios.site import Site, unique

TAGGED = """
    import asyncio, json
    from prefect import flow, task

    inside, most = 0, 0

    @task(tags=["{tag}"])
    async def scarce(n: int) -> int:
        global inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.05)
        inside -= 1
        return n

    @flow
    async def many():
        return await asyncio.gather(*(scarce(n) for n in range(8)))

    print(json.dumps({"results": sorted(asyncio.run(many())), "most": most}))
"""
HELD = """
    import json, threading, time
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.concurrency.sync import concurrency, rate_limit

    told = {}

    def named(name):
        with get_client(sync_client=True) as client:
            return client.read_global_concurrency_limit_by_name(name).active_slots

    @flow
    def holding():
        with concurrency("{name}", occupy=2, strict=True):
            told["held"] = named("{name}")
            try:
                with concurrency("{name}", timeout_seconds=0.5):
                    told["second"] = "entered"
            except TimeoutError:
                told["second"] = "timed out"
        told["after"] = named("{name}")
        with concurrency("{name}-none"):
            told["missing"] = "entered"
        try:
            with concurrency("{name}-none", strict=True):
                told["strict"] = "entered"
        except Exception as error:
            told["strict"] = type(error).__name__
        began = time.monotonic()
        for _ in range(6):
            rate_limit("{name}-rate")
        told["seconds"] = time.monotonic() - began

    holding()
    print(json.dumps(told))
"""


def test_tagged_tasks(site: Site) -> None:
    """No more tasks of a tag run at once than its limit, and none holds a slot afterwards."""
    tag = unique("scarce")
    site.cli("concurrency-limit", "create", tag, "2")
    told = site.program(TAGGED.replace("{tag}", tag))
    assert told == {"results": list(range(8)), "most": 2}
    assert site.read(f"/concurrency_limits/tag/{tag}")["active_slots"] == []
    assert site.read(f"/v2/concurrency_limits/tag:{tag}")["active_slots"] == 0


def test_held_by_code(site: Site) -> None:
    """The context manager holds slots and gives them back; a rate lets through what it says."""
    name = unique("gate")
    site.cli("global-concurrency-limit", "create", name, "--limit", "2")
    site.cli("global-concurrency-limit", "create", f"{name}-rate", "--limit", "2", "--slot-decay-per-second", "4")
    told = site.program(HELD.replace("{name}", name))
    # two at once, and four more by fours per second
    assert 0.9 < told.pop("seconds") < 10
    assert told == {
        "held": 2,
        "second": "timed out",
        "after": 0,
        "missing": "entered",
        "strict": "ConcurrencySlotAcquisitionError",
    }

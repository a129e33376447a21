"""Streams: log lines as they are written, events as they happen, and events that are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from compat.scenarios.site import Site, unique, until

WATCH_LOGS = """
    import asyncio, json
    from datetime import datetime, timezone
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId, LogFilterLevel
    from prefect.logging.clients import get_logs_subscriber

    @flow(name="{name}")
    def talks():
        pass

    async def main():
        async with get_client() as client:
            run, other = await client.create_flow_run(talks), await client.create_flow_run(talks)
            wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id]), level=LogFilterLevel(ge_=30))
            got = []
            async with get_logs_subscriber(filter=wanted) as lines:
                now = datetime.now(timezone.utc).isoformat()
                for run_id in (other.id, run.id):
                    sent = [{"name": "n", "level": 20 + 10 * (i % 2), "message": f"line {i}", "timestamp": now,
                             "flow_run_id": str(run_id)} for i in range(6)]
                    await client._client.post("/logs/", json=sent)
                while len(got) < 3:
                    got.append(await asyncio.wait_for(anext(lines), 60))
        print(json.dumps({"id": str(run.id), "lines": [[x.message, str(x.flow_run_id)] for x in got]}))

    asyncio.run(main())
"""

WATCH_EVENTS = """
    import asyncio, json
    from prefect.events.clients import get_events_client, get_events_subscriber
    from prefect.events.filters import EventAnyResourceFilter, EventFilter, EventNameFilter
    from prefect.events.schemas.events import Event, Resource

    async def main():
        wanted = EventFilter(event=EventNameFilter(prefix=["bell."]), any_resource=EventAnyResourceFilter(id=["{tower}"]))
        got = []
        async with get_events_subscriber(filter=wanted) as events:
            async with get_events_client() as client:
                for n in range(5):
                    name = "bell.rang" if n != 2 else "other.rang"
                    await client.emit(Event(event=name, resource=Resource({"prefect.resource.id": "{tower}"}), payload={"n": n}))
            while len(got) < 4:
                got.append(await asyncio.wait_for(anext(events), 60))
        print(json.dumps([e.payload["n"] for e in got]))

    asyncio.run(main())
"""

EMIT = """
    import json
    from prefect import flow, task
    from prefect.events import emit_event

    @task
    def work():
        return 1

    @flow(name="{name}")
    def eventful():
        work()
        emit_event("bell.inside", resource={"prefect.resource.id": "{tower}"})

    first = emit_event("bell.first", resource={"prefect.resource.id": "{tower}", "metal": "bronze"}, payload={"a": {"b": 1}},
                       related=[{"prefect.resource.id": "{tower}.rope", "prefect.resource.role": "rope"}])
    emit_event("bell.second", resource={"prefect.resource.id": "{tower}"}, follows=first)
    state = eventful(return_state=True)
    print(json.dumps({"first": str(first.id), "run": str(state.state_details.flow_run_id)}))
"""


def _events(site: Site, **wanted: Any) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    window = {"since": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(minutes=5)).isoformat()}
    found = site.read("/events/filter", {"filter": {"occurred": window, "order": "ASC", **wanted}, "limit": 50})
    return found["events"]


def test_log_lines_as_they_are_written(site: Site) -> None:
    """A subscriber gets the lines of its run and its level, and they are kept as well."""
    told = site.program(WATCH_LOGS.replace("{name}", unique("talks")))
    assert [message for message, _ in told["lines"]] == ["line 1", "line 3", "line 5"]
    assert {run for _, run in told["lines"]} == {told["id"]}
    assert [x["message"] for x in site.logs(told["id"])] != []
    assert len(site.logs(told["id"])) == 6


def test_events_as_they_happen(site: Site) -> None:
    """A subscriber gets what its filter names, in order; all of it is kept."""
    tower = unique("tower")
    assert site.program(WATCH_EVENTS.replace("{tower}", tower)) == [0, 1, 3, 4]
    kept = until(lambda: len(e := _events(site, any_resource={"id": [tower]})) == 5 and e, "five events kept")
    assert [e["payload"]["n"] for e in kept] == [0, 1, 2, 3, 4]


def test_events_of_programs_and_runs(site: Site) -> None:
    """What a program announces is kept whole; runs announce their states; the command line announces too."""
    tower = unique("tower")
    told = site.program(EMIT.replace("{tower}", tower).replace("{name}", unique("eventful")))
    rang = until(lambda: len(e := _events(site, any_resource={"id": [tower]})) == 3 and e, "three events kept")
    first, second, inside = rang
    assert first["id"] == told["first"] == second["follows"]
    assert first["resource"]["metal"] == "bronze"
    assert first["payload"] == {"a": {"b": 1}}
    assert first["related"][0]["prefect.resource.role"] == "rope"
    run = f"prefect.flow-run.{told['run']}"
    assert any(r["prefect.resource.id"] == run for r in inside["related"])

    def announced() -> list[str]:
        names = [e["event"] for e in _events(site, resource={"id": [run]}, event={"prefix": ["prefect.flow-run."]})]
        return [n.rsplit(".", 1)[1] for n in names if "heartbeat" not in n]

    assert until(lambda: len(announced()) >= 3 and announced(), "the run's states") == [
        "Pending",
        "Running",
        "Completed",
    ]
    of_tasks = until(
        lambda: _events(site, any_resource={"id": [run]}, event={"name": ["prefect.task-run.Completed"]}), ""
    )
    assert of_tasks[0]["resource"]["prefect.resource.id"].startswith("prefect.task-run.")

    site.cli("events", "emit", "bell.cli", "--resource-id", tower, "--payload", '{"k": 1}')
    by_hand = until(
        lambda: _events(site, event={"name": ["bell.cli"]}, any_resource={"id": [tower]}), "the command's event"
    )
    assert by_hand[0]["payload"] == {"k": 1}

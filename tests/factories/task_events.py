"""Events as the client sends them of a task run, and what tests of the log need besides."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from locum.features.events.store import reading
from locum.infra.db import Db

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

COURSE = (("PENDING", "Pending"), ("RUNNING", "Running"), ("COMPLETED", "Completed"))


def task_event(
    run_id: UUID,
    kind: str,
    name: str,
    *,
    at: datetime,
    flow_run_id: UUID | None = None,
    event_id: UUID | None = None,
    dynamic_key: str | None = None,
    **told: Any,
) -> dict[str, Any]:
    """One state of a task run; `told` is what the client says of the run besides."""
    related: list[dict[str, str]] = []
    if flow_run_id is not None:
        related.append({"prefect.resource.id": f"prefect.flow-run.{flow_run_id}", "prefect.resource.role": "flow-run"})
    return {
        "id": str(event_id or uuid4()),
        "occurred": at.isoformat(),
        "event": f"prefect.task-run.{name}",
        "resource": {
            "prefect.resource.id": f"prefect.task-run.{run_id}",
            "prefect.resource.name": "step",
            "prefect.state-type": kind,
            "prefect.orchestration": "client",
        },
        "related": related,
        "payload": {
            "intended": {"from": None, "to": kind},
            "initial_state": None,
            "validated_state": {"type": kind, "name": name, "message": "", "state_details": {}, "data": None},
            "task_run": {
                "name": "step",
                "task_key": "step-b2603bab",
                "dynamic_key": dynamic_key or str(run_id),
                "empirical_policy": {"max_retries": 0, "retry_delay_seconds": 0.0, "retries": 0, "retry_delay": 0},
                "tags": ["one"],
                "labels": {},
                "task_inputs": {"x": []},
                "run_count": 0,
                "flow_run_run_count": 1,
                "total_run_time": 0.0,
                **told,
            },
        },
        "follows": None,
    }


def course(run_id: UUID, flow_run_id: UUID | None = None, *, start: datetime = START) -> list[dict[str, Any]]:
    """Pending, Running and Completed, a second apart."""
    told: dict[str, Any] = {"expected_start_time": start.isoformat()}
    events: list[dict[str, Any]] = []
    for second, (kind, name) in enumerate(COURSE):
        at = start + timedelta(seconds=second)
        if kind == "RUNNING":
            told |= {"start_time": at.isoformat(), "run_count": 1}
        if kind == "COMPLETED":
            told |= {"end_time": at.isoformat(), "total_run_time": 1.0}
        events.append(task_event(run_id, kind, name, at=at, flow_run_id=flow_run_id, **told))
    return events


async def settled(db: Db) -> None:
    """Return once followers may read all there is: other tests hold transactions open on the same PostgreSQL."""
    async with asyncio.timeout(30):
        while (await db.value(text("select max(txid) from event")) or 0) > (await reading.end(db)).txid:
            pass

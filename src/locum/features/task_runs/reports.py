"""What an event of a task run says of it: the values of its row and of its state's row."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from locum.domain.moments import Moment
from locum.domain.names import Labels
from locum.domain.orchestration import TaskRunPolicy
from locum.domain.states import State, StateType
from locum.features.events.schemas import RESOURCE_ID, RESOURCE_ROLE, Event
from locum.infra.db import dump_json

logger = logging.getLogger("locum.task_runs")

_PREFIX = "prefect.task-run."
_FLOW_RUN_PREFIX = "prefect.flow-run."

RANKS: Sequence[str] = (
    "SCHEDULED",
    "PENDING",
    "RUNNING",
    "PAUSED",
    "CANCELLING",
    "COMPLETED",
    "FAILED",
    "CRASHED",
    "CANCELLED",
)
"""Which of two states of the same moment came later; a coarse clock gives several the same."""

_RANK_OF: Mapping[str, int] = {kind: number for number, kind in enumerate(RANKS, 1)}


class _Told(BaseModel):
    """The task run in an event's payload; what it does not say is None."""

    model_config = ConfigDict(extra="ignore")

    id: UUID | None = None
    flow_run_id: UUID | None = None
    task_key: str
    dynamic_key: str
    name: str | None = None
    tags: list[str] | None = None
    labels: Labels | None = None
    run_count: int | None = None
    flow_run_run_count: int | None = None
    expected_start_time: Moment | None = None
    next_scheduled_start_time: Moment | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    total_run_time: timedelta | None = None
    empirical_policy: dict[str, Any] | None = None
    task_inputs: dict[str, list[dict[str, Any]]] | None = None
    cache_key: str | None = None
    cache_expiration: Moment | None = None
    task_version: str | None = None


@dataclass(slots=True)
class Report:
    """One state of a task run as an event tells it; `columns` are the other columns of the run's row."""

    run_id: UUID
    state: State
    columns: dict[str, Any]

    @property
    def order(self) -> tuple[datetime, int, int]:
        """Reports of one run are in the order of their states, whatever the order in which they came."""
        return self.state.timestamp, _RANK_OF[self.state.type], self.state.id.int

    @property
    def natural_key(self) -> tuple[UUID, str, str] | None:
        """What identifies the run besides its id, within a flow run."""
        flow_run_id = self.columns["flow_run_id"]
        if flow_run_id is None:
            return None
        return flow_run_id, self.columns["task_key"], self.columns["dynamic_key"]

    def under(self, run_id: UUID) -> "Report":
        """The same report of the run that is kept under another id."""
        if run_id == self.run_id:
            return self
        return Report(run_id, self.state.detailed(task_run_id=run_id), self.columns)


def read(events: Iterable[Event]) -> list[Report]:
    """The reports in these events; one that cannot be understood is logged and passed over."""
    return list(_reports(events))


def _reports(events: Iterable[Event]) -> Iterator[Report]:
    for event in events:
        labels = event.resource.root
        # The server's own announcements of task runs are no reports: the row is written already.
        if not event.event.startswith("prefect.task-run") or labels.get("prefect.orchestration") != "client":
            continue
        try:
            yield _report(event)
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            logger.warning(
                "a task run event was not understood", extra={"event_id": str(event.id), "reason": str(error)}
            )


def _report(event: Event) -> Report:
    told = _Told.model_validate(event.payload["task_run"])
    run_id = told.id or _identity(event.resource.root[RESOURCE_ID], _PREFIX)
    flow_run_id = _flow_run(event)
    state = _state(event, run_id, flow_run_id)
    columns: dict[str, Any] = {
        "flow_run_id": told.flow_run_id or flow_run_id,
        "task_key": told.task_key,
        "dynamic_key": told.dynamic_key,
        "name": told.name or f"{told.task_key}-{told.dynamic_key[:3]}",
        "tags": "[]" if told.tags is None else dump_json(told.tags),
        "labels": None if told.labels is None else dump_json(told.labels),
        "run_count": told.run_count or 0,
        "flow_run_run_count": told.flow_run_run_count or 0,
        "expected_start_time": told.expected_start_time,
        "next_scheduled_start_time": told.next_scheduled_start_time,
        "start_time": told.start_time,
        "end_time": told.end_time,
        "total_run_time": told.total_run_time.total_seconds() if told.total_run_time else 0.0,
        "empirical_policy": _policy(orjson.dumps(told.empirical_policy or {}, option=orjson.OPT_NON_STR_KEYS)),
        "task_inputs": dump_json(told.task_inputs or {}),
        "cache_key": told.cache_key,
        "cache_expiration": told.cache_expiration,
        "task_version": told.task_version,
    }
    return Report(run_id, state, columns)


def _state(event: Event, run_id: UUID, flow_run_id: UUID | None) -> State:
    told = cast("dict[str, Any]", event.payload["validated_state"])
    details: dict[str, Any] = {**(told.get("state_details") or {}), "task_run_id": run_id, "flow_run_id": flow_run_id}
    kind = StateType(told["type"])
    if kind is StateType.SCHEDULED:
        details.setdefault("scheduled_time", event.occurred)
    return State.model_validate(
        {
            "id": event.id,
            "timestamp": event.occurred,
            **told,
            "name": told.get("name") or kind.capitalize(),
            "state_details": details,
        }
    )


def _flow_run(event: Event) -> UUID | None:
    for related in event.related:
        labels = related.root
        if labels[RESOURCE_ROLE] == "flow-run":
            return _identity(labels[RESOURCE_ID], _FLOW_RUN_PREFIX)
    return None


def _identity(resource_id: str, prefix: str) -> UUID:
    if not resource_id.startswith(prefix):
        msg = f"{resource_id} does not begin with {prefix}"
        raise ValueError(msg)
    return UUID(resource_id[len(prefix) :])


@lru_cache(maxsize=512)
def _policy(told: bytes) -> str:
    """The whole policy as JSON text; few differ."""
    return TaskRunPolicy.model_validate_json(told).model_dump_json()

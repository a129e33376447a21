"""How many runs were in which state, interval by interval, with each run looked at once."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from locum.domain.errors import Invalid
from locum.domain.moments import Moment
from locum.domain.states import StateType
from locum.features.task_runs.store.histories import RunCounts
from locum.filters.lists import History
from locum.infra.db import Executor, Row
from locum.infra.web import Reply, reply_json

_MOST_INTERVALS = 500
_SHORTEST = 1.0
_LONGEST = timedelta.max.total_seconds() / 2


class HistoryResponseState(BaseModel):
    """The runs of one interval that are in one state."""

    state_type: StateType = Field(description="Type of the state")
    state_name: str = Field(description="Name of the state")
    count_runs: int = Field(description="How many runs are in it")
    sum_estimated_run_time: float = Field(description="Seconds that they have been running, together")
    sum_estimated_lateness: float = Field(description="Seconds that they began late, together")


class HistoryResponse(BaseModel):
    """The runs that were to begin in one interval, by state."""

    interval_start: Moment = Field(description="When the interval begins")
    interval_end: Moment = Field(description="When it ends")
    states: list[HistoryResponseState] = Field(description="The runs, by state")


async def read(counts: RunCounts, ex: Executor, body: History) -> Reply:
    """The intervals wanted, in order, at most 500. Raises Invalid for an interval of less than a second."""
    if body.history_interval_seconds < _SHORTEST:
        msg = "History interval must not be less than 1 second."
        raise Invalid(msg)
    interval = timedelta(seconds=min(body.history_interval_seconds, _LONGEST))
    elapsed = body.history_end - body.history_start
    number = min(-(-elapsed // interval), _MOST_INTERVALS) if elapsed > timedelta(0) else 0
    try:
        bounds = [body.history_start + interval * index for index in range(number + 1)]
    except OverflowError as error:
        msg = "The history ends beyond the calendar."
        raise Invalid(msg) from error
    if not number:
        return reply_json([])
    return _reply(bounds, await counts.rows(ex, body.restriction(), bounds[0], bounds[-1], interval))


def _reply(bounds: list[datetime], rows: list[Row]) -> Reply:
    by_bucket: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["state_type"] or "", row["state_name"] or "")):
        by_bucket[row["bucket"]].append({key: value for key, value in row.items() if key != "bucket"})
    return reply_json(
        [
            {
                "interval_start": bounds[index].astimezone(UTC),
                "interval_end": bounds[index + 1].astimezone(UTC),
                "states": by_bucket.get(index, []),
            }
            for index in range(len(bounds) - 1)
        ]
    )

"""Plans the runs of schedules: which fire times get one, and when to look again; pure."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from locum.domain.ids import new_id
from locum.domain.schedules import STORED, Schedule, ScheduleRefused, iter_dates
from locum.domain.slugs import new_slug
from locum.domain.states import named
from locum.features.flow_runs.store.scheduled import Plan, Planned
from locum.infra.db import dump_json

logger = logging.getLogger("locum.scheduler")

AUTO_SCHEDULED = "auto-scheduled"
LOOK_AGAIN = timedelta(hours=1)
LONGEST_CATCH_UP = timedelta(seconds=60)

_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Span:
    """Over which time, and how many, runs are planned: `least` and `cover` at least, `most` and until `end` at most."""

    start: datetime
    end: datetime
    cover: timedelta
    least: int
    most: int


@dataclass
class Planning:
    """Runs to be, gathered over many schedules."""

    plans: list[Plan] = field(default_factory=list[Plan])
    runs: list[Planned] = field(default_factory=list[Planned])
    horizons: dict[UUID, datetime | None] = field(default_factory=dict[UUID, datetime | None])

    def add(self, row: Row, schedule: Schedule, dates: Sequence[datetime], now: datetime) -> None:
        """Plan the runs of one schedule; `row` is one of `store.schedules.active`."""
        if not dates:
            return
        self.plans.append(_plan(row, schedule))
        number = len(self.plans) - 1
        for date in dates:
            # like the peer's, the state keeps the time as the schedule's clock shows it
            state = named.scheduled(now, message="Flow run scheduled").detailed(scheduled_time=date)
            key = f"scheduled {row['deployment_id']} {row['id']} {date}"
            self.runs.append(Planned(number, new_id(), new_slug(), key, state))

    def look_again(self, deployment_id: UUID, moment: datetime) -> None:
        """Look at a deployment at that moment, or earlier where another of its schedules asks for it."""
        known = self.horizons.get(deployment_id)
        self.horizons[deployment_id] = moment if known is None else min(known, moment)


def schedule_of(row: Row) -> Schedule:
    """The schedule of a row."""
    return _SCHEDULE.validate_json(row["schedule"], context=STORED)


def fire_times(schedule: Schedule, span: Span) -> Iterator[datetime]:
    """The fire times that get a run, in the schedule's own zone. Raises ScheduleRefused."""
    dates = iter_dates(schedule, start=span.start, n=max(span.most, 0), end=span.end)
    for count, date in enumerate(dates, 1):
        yield date
        if count >= span.least and date >= span.start + span.cover:
            return


def next_look(dates: Sequence[datetime], span: Span, now: datetime) -> datetime:
    """When the schedule will have run short of planned runs."""
    if len(dates) < max(span.least, 1):
        return now + LOOK_AGAIN
    in_order = sorted(dates)
    short = min(in_order[-span.least] if span.least else in_order[-1], in_order[-1] - span.cover)
    if len(dates) >= span.most and short <= now:
        # So frequent that it is short already: half of what is planned is the time to go on.
        short = now + (in_order[-1] - now) / 2
    return max(short, now + timedelta(seconds=1))


def plan_batch(rows: Sequence[Row], starts: Mapping[UUID, datetime], begun: Counter[Any], span: Span) -> Planning:
    """Plan the runs of many deployments' schedules; `span.start` is now.

    `starts` says up to when runs have been planned, and `begun` how many runs of a deployment have been taken up for a
    fire time whose schedules are no more: so many are not planned again.
    """
    now = span.start
    planning = Planning(horizons=dict.fromkeys(starts))
    for row in rows:
        deployment_id = row["deployment_id"]
        start = _start(starts[deployment_id], now)
        own = Span(start, span.end, span.cover + (now - start), span.least, span.most)
        try:
            schedule = schedule_of(row)
            dates = list(fire_times(schedule, own))
        except (ScheduleRefused, ValueError) as error:
            logger.warning("a schedule cannot be planned", extra={"schedule": str(row["id"]), "reason": str(error)})
            planning.look_again(deployment_id, now + LOOK_AGAIN)
            continue
        wanted: list[datetime] = []
        for date in dates:
            if begun[deployment_id, date] > 0:
                begun[deployment_id, date] -= 1
            else:
                wanted.append(date)
        planning.add(row, schedule, wanted, now)
        planning.look_again(deployment_id, next_look(dates, own, now))
    return planning


def _start(planned_until: datetime, now: datetime) -> datetime:
    """From when on to plan: what fell between a change and this turn is not lost, long absences are not made up for."""
    return min(max(planned_until + timedelta(microseconds=1), now - LONGEST_CATCH_UP), now)


def _plan(row: Row, schedule: Schedule) -> Plan:
    own, inherited = orjson.loads(row["parameters"]), row["deployment_parameters"]
    system = {"prefect.flow.id": str(row["flow_id"]), "prefect.deployment.id": str(row["deployment_id"])}
    labels: dict[str, Any] = orjson.loads(row["labels"] or "{}") or {}
    creator = {
        "id": str(row["id"]),
        "type": "SCHEDULE",
        "display_value": row["slug"] or type(schedule).__name__,
    }
    return Plan(
        deployment_id=row["deployment_id"],
        parameters=dump_json({**orjson.loads(inherited), **own}) if own else inherited,
        tags=dump_json([AUTO_SCHEDULED, *orjson.loads(row["tags"])]),
        labels=dump_json({**labels, **system}),
        created_by=dump_json(creator),
    )

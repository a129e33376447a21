"""When a schedule fires: one question for all three kinds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from locum.domain.schedules.cron_fields import parse_cron
from locum.domain.schedules.crons import cron_dates
from locum.domain.schedules.intervals import interval_dates
from locum.domain.schedules.models import CronSchedule, IntervalSchedule, Schedule
from locum.domain.schedules.rrules import rrule_dates
from locum.domain.schedules.zones import zone

CANDIDATES = 1000


def zone_of(schedule: Schedule) -> ZoneInfo:
    """The zone whose wall clock the schedule follows."""
    return zone(schedule.timezone)


def iter_dates(
    schedule: Schedule, *, start: datetime, n: int | None = None, end: datetime | None = None
) -> Iterator[datetime]:
    """Fire times from `start` on in the schedule's zone: `n` at most (else one, or a thousand until `end`).

    They come in the peer's order, which leaves the order of time only where skipped times are moved forward. Raises
    ScheduleRefused when the next one cannot be found within the budget.
    """
    wanted = n if n is not None else CANDIDATES if end is not None else 1
    start, place = _aware(start), zone_of(schedule)
    end = _aware(end) if end is not None else None
    if isinstance(schedule, IntervalSchedule):
        return interval_dates(schedule.interval, schedule.anchor_date, place, start=start, n=wanted, end=end)
    if isinstance(schedule, CronSchedule):
        return cron_dates(parse_cron(schedule.cron), schedule.day_or, place, start=start, n=wanted, end=end)
    return rrule_dates(schedule.rrule, place, start=start, n=wanted, end=end)


def next_dates(
    schedule: Schedule, *, start: datetime, n: int | None = None, end: datetime | None = None
) -> list[datetime]:
    """The same fire times in UTC, in order."""
    return sorted(date.astimezone(UTC) for date in iter_dates(schedule, start=start, n=n, end=end))


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

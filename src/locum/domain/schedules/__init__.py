"""Schedules: their wire models, and when they fire (pure; equal to the peer's answers)."""

from locum.domain.schedules.budget import ScheduleRefused
from locum.domain.schedules.generation import iter_dates, next_dates, zone_of
from locum.domain.schedules.models import (
    STORED,
    CronSchedule,
    IntervalSchedule,
    NormalizedSchedule,
    RRuleSchedule,
    Schedule,
)

__all__ = [
    "STORED",
    "CronSchedule",
    "IntervalSchedule",
    "NormalizedSchedule",
    "RRuleSchedule",
    "Schedule",
    "ScheduleRefused",
    "iter_dates",
    "next_dates",
    "zone_of",
]

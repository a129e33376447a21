"""The scheduler: keeps runs planned for every schedule that is active."""

from datetime import datetime

from locum.features.deployments.commands import planning
from locum.infra.db import Db
from locum.infra.loop import Background, Report
from locum.infra.settings import Settings

_EVERY = 1.0
"""Seconds between turns, at most: one that finds nothing to do is one look at an index."""


class Scheduler:
    """Plans the runs of deployments whose planned runs have run short; safe beside others of its kind."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings."""
        self._settings = settings.services.scheduler

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Plan the runs of one batch of deployments."""
        done, full = await planning.plan_due(db, now, self._settings)
        return Report(done=done, full=full)


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """The loops of this feature that the settings let run."""
    scheduler = settings.services.scheduler
    if not scheduler.enabled:
        return ()
    every = min(_EVERY, scheduler.loop_seconds, scheduler.recent_deployments_loop_seconds)
    return (Background("scheduler", Scheduler(settings), every, alone=False),)

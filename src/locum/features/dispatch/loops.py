"""Background work on who is alive: workers, pools, deployments and queues that nobody hears from any more."""

from datetime import datetime, timedelta
from functools import partial

from locum.features.dispatch import commands
from locum.features.work_pools.commands import pools as pool_commands
from locum.features.work_pools.commands import queues as queue_commands
from locum.features.work_pools.store import workers
from locum.infra.db import Db
from locum.infra.loop import Background, Report
from locum.infra.settings import Settings
from locum.infra.settings.services import ForemanSettings

_BATCH = 500


class Foreman:
    """Marks as gone who has been silent for too long."""

    def __init__(self, settings: ForemanSettings) -> None:
        """How long is too long is a matter of settings."""
        self._settings = settings

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Look at everybody once; of deployments at one batch."""
        settings = self._settings
        done = await workers.mark_offline(
            db, now, settings.inactivity_heartbeat_multiple, settings.fallback_heartbeat_interval_seconds
        )
        for name in await workers.deserted_pools(db):
            done += await db.transact(partial(pool_commands.make_unready, name=name, now=now))
        since = now - timedelta(seconds=settings.deployment_last_polled_timeout_seconds)
        missed = await db.transact(partial(commands.miss_deployments, since=since, most=_BATCH, now=now))
        since = now - timedelta(seconds=settings.work_queue_last_polled_timeout_seconds)
        done += await db.transact(partial(queue_commands.mark_silent, since=since, now=now))
        return Report(done + missed, full=missed == _BATCH)


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """The loops of this feature that the settings let run."""
    foreman = settings.services.foreman
    return (Background("foreman", Foreman(foreman), every=foreman.loop_seconds),) if foreman.enabled else ()

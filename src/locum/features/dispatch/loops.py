"""Background work on who is alive: workers, pools, queues and runs that nobody hears from any more."""

from datetime import datetime, timedelta
from functools import partial

from locum.features.dispatch import commands, store
from locum.features.work_pools.commands import cleanups
from locum.features.work_pools.commands import pools as pool_commands
from locum.features.work_pools.commands import queues as queue_commands
from locum.features.work_pools.store import workers
from locum.infra.db import Db
from locum.infra.loop import Background, Report
from locum.infra.settings import Settings
from locum.infra.settings.server import WorkerChannelSettings
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


class CancellingTimeouts:
    """Ends runs that nobody has confirmed to be cancelled, and asks a worker to clean up after them."""

    def __init__(self, timeout: timedelta) -> None:
        """A run may be CANCELLING for so long."""
        self._timeout = timeout

    async def run_once(self, db: Db, now: datetime) -> Report:
        """End one batch."""
        ids = await store.long_cancelling(db, now - self._timeout, _BATCH)
        done = 0
        for run_id in ids:
            done += await db.transact(
                partial(commands.end_cancelling, run_id=run_id, since=now - self._timeout, now=now)
            )
        return Report(done, full=len(ids) == _BATCH and done > 0)


class CleanupReconciler:
    """Frees what workers were asked to clean up and did not settle in time."""

    def __init__(self, settings: WorkerChannelSettings, batch: int) -> None:
        """At most `batch` messages in a turn."""
        self._settings = settings
        self._batch = batch

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Free one batch."""
        done = await cleanups.expire(db, self._settings, now, self._batch)
        return Report(done, full=done >= self._batch)


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """The loops of this feature that the settings let run."""
    services = settings.services
    foreman, cancelling, reconciler = services.foreman, services.cancellation_cleanup, services.cleanup_reconciler
    found: list[Background] = []
    if foreman.enabled:
        found.append(Background("foreman", Foreman(foreman), every=foreman.loop_seconds))
    if cancelling.enabled:
        timeout = timedelta(seconds=cancelling.cancelling_timeout_seconds)
        found.append(Background("cancelling timeouts", CancellingTimeouts(timeout), every=cancelling.loop_seconds))
    if reconciler.enabled:
        loop = CleanupReconciler(settings.worker_channel, reconciler.batch_size)
        found.append(Background("cleanup reconciler", loop, every=reconciler.loop_seconds))
    return tuple(found)

"""Background work on events: the partitions of the log, and kinds of event that are kept for a shorter time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from locum.features.events.store import pruning
from locum.infra.db import Db
from locum.infra.loop import Background, Report
from locum.infra.partitions import Partitions
from locum.infra.settings import Settings
from locum.tables.events import event


@dataclass(frozen=True)
class ShortLived:
    """Deletes events of some kinds before their partition goes; `keep` is how long each is kept."""

    keep: Mapping[str, timedelta]

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Delete a batch of each kind."""
        deleted = [await pruning.delete_before(db, kind, now - keep) for kind, keep in self.keep.items()]
        return Report(sum(deleted), full=max(deleted, default=0) >= pruning.BATCH)


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """Makes the log's partitions ahead, and drops those past the retention period."""
    vacuum = settings.services.db_vacuum
    prunes = "events" in (vacuum.enabled or ())
    keep = settings.events.retention_period
    shorter = {kind: span for kind, span in vacuum.event_retention_overrides.items() if span < keep}
    partitions = Partitions(event, "occurred", keep if prunes else None)
    short_lived = ShortLived(shorter if prunes else {})
    return (
        Background("event partitions", partitions, every=vacuum.loop_seconds),
        Background("short-lived events", short_lived, every=vacuum.loop_seconds),
    )

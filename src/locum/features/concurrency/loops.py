"""Background work on concurrency limits: what nobody holds any more."""

from datetime import datetime

from locum.features.concurrency.store import slots
from locum.infra.db import Db
from locum.infra.loop import Background, Report
from locum.infra.settings import Settings

_BATCH = 1000


class Repossessor:
    """Deletes leases that have run out. Their slots are free already; this is for room in the table."""

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Delete one batch."""
        deleted = await slots.delete_dead(db, _BATCH)
        return Report(deleted, full=deleted == _BATCH)


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """The repossessor, where the settings let it run."""
    repossessor = settings.services.repossessor
    if not repossessor.enabled:
        return ()
    return (Background("repossessor", Repossessor(), every=repossessor.loop_seconds),)

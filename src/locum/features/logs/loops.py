"""Background work on logs: their partitions."""

from locum.infra.loop import Background
from locum.infra.partitions import Partitions
from locum.infra.settings import Settings
from locum.tables.logs import log


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """Makes the partitions ahead, and drops those past the retention period."""
    partitions = Partitions(log, "timestamp", settings.logs.retention_period)
    return (Background("log partitions", partitions, every=settings.services.db_vacuum.loop_seconds),)

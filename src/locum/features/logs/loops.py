"""Background work on logs: their days."""

from locum.infra.loop import Background
from locum.infra.partitions import DailyPartitions
from locum.infra.settings import Settings
from locum.tables.logs import log


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """Makes the days ahead, and drops those past the retention period."""
    days = DailyPartitions(log, "timestamp", settings.logs.retention_period)
    return (Background("log days", days, every=settings.services.db_vacuum.loop_seconds),)

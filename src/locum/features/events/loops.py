"""Background work on events: the days of the log."""

from locum.infra.loop import Background
from locum.infra.partitions import DailyPartitions
from locum.infra.settings import Settings
from locum.tables.events import event


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """Makes the log's days ahead, and drops those past the retention period."""
    days = DailyPartitions(event, "occurred", settings.events.retention_period)
    return (Background("event days", days, every=settings.services.db_vacuum.loop_seconds),)

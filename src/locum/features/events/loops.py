"""Background work on events: the days of the log."""

from locum.infra.loop import Background
from locum.infra.partitions import DailyPartitions
from locum.infra.settings import Settings
from locum.tables.events import event


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """Makes the log's days ahead, and drops those past the retention period."""
    vacuum = settings.services.db_vacuum
    keep = settings.events.retention_period if "events" in (vacuum.enabled or ()) else None
    days = DailyPartitions(event, "occurred", keep)
    return (Background("event days", days, every=vacuum.loop_seconds),)

"""The events that concurrency limits announce."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from locum.features.events.emit import Announcement

_SHOWN = ("name", "limit", "active", "slot_decay_per_second")


def changed(action: str, limit: Mapping[str, Any], now: datetime) -> Announcement:
    """A limit was `created`, `updated` or `deleted`."""
    return Announcement(
        event=f"prefect.concurrency-limit.{action}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.concurrency-limit.{limit['id']}",
            "prefect.resource.name": limit["name"],
        },
        payload={field: limit[field] for field in _SHOWN},
    )

"""The events that automations announce."""

import json
from datetime import datetime
from typing import Any

from locum.features.events.emit import Announcement


def changed(action: str, automation: str, now: datetime) -> Announcement:
    """An automation, as it is answered, was `created`, `updated` or `deleted`."""
    told: dict[str, Any] = json.loads(automation)
    return Announcement(
        event=f"prefect.automation.{action}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.automation.{told['id']}",
            "prefect.resource.name": told["name"],
        },
        payload=told,
    )

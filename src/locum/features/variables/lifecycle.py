"""The events that variables announce."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from locum.features.events.emit import Announcement


def changed(action: str, variable: Mapping[str, Any], now: datetime) -> Announcement:
    """A variable was `created`, `updated` or `deleted`; `variable` has id, name, and value and tags as JSON text."""
    return Announcement(
        event=f"prefect.variable.{action}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.variable.{variable['id']}",
            "prefect.resource.name": variable["name"],
        },
        payload={
            "name": variable["name"],
            "value": orjson.loads(variable["value"]),
            "tags": orjson.loads(variable["tags"]),
        },
    )

"""The events that flows announce."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from locum.features.events.emit import Announcement


def changed(action: str, flow: Mapping[str, Any], now: datetime) -> Announcement:
    """A flow was `created`, `updated` or `deleted`; `flow` has id, name, and tags and labels as JSON text."""
    return Announcement(
        event=f"prefect.flow.{action}",
        occurred=now,
        resource={"prefect.resource.id": f"prefect.flow.{flow['id']}", "prefect.resource.name": flow["name"]},
        payload={
            "name": flow["name"],
            "tags": orjson.loads(flow["tags"]),
            "labels": orjson.loads(flow["labels"]) if flow["labels"] is not None else None,
        },
    )

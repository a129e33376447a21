"""The events that collections of artifacts announce."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from locum.features.events.emit import Announcement

_RUNS = {"flow_run_id": "flow-run", "task_run_id": "task-run"}


def collection_changed(action: str, collection: Mapping[str, Any], now: datetime) -> Announcement:
    """The collection of a key was `created`, `updated` or `deleted`; its data is JSON text."""
    related = [
        {
            "prefect.resource.id": f"prefect.artifact.{collection['latest_id']}",
            "prefect.resource.role": "latest",
        }
    ]
    related += [
        {"prefect.resource.id": f"prefect.{role}.{collection[column]}", "prefect.resource.role": role}
        for column, role in _RUNS.items()
        if collection[column] is not None
    ]
    data = collection["data"]
    return Announcement(
        event=f"prefect.artifact-collection.{action}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.artifact-collection.{collection['id']}",
            "prefect.resource.name": collection["key"],
        },
        related=related,
        payload={
            "key": collection["key"],
            "type": collection["type"],
            "data": None if data is None else orjson.loads(data),
            "description": collection["description"],
        },
    )

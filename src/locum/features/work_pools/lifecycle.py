"""The events that work pools and their queues announce."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from locum.features.events.emit import Announcement

_RECENT = timedelta(minutes=10)


def pool_changed(action: str, pool: Mapping[str, Any], now: datetime) -> Announcement:
    """A pool was `created` or `deleted`; `pool` has id, name, type, default_queue_id and storage_configuration."""
    related = [
        {
            "prefect.resource.id": f"prefect.work-queue.{pool['default_queue_id']}",
            "prefect.resource.role": "default-queue",
        }
    ]
    block = orjson.loads(pool["storage_configuration"]).get("default_result_storage_block_id")
    if block:
        related.append(
            {"prefect.resource.id": f"prefect.block-document.{block}", "prefect.resource.role": "result-storage"}
        )
    return Announcement(
        event=f"prefect.work-pool.{action}",
        occurred=now,
        resource={**_pool(pool), "prefect.resource.role": "work-pool"},
        related=related,
    )


def pool_updated(pool: Mapping[str, Any], updates: Mapping[str, Any], now: datetime) -> Announcement:
    """Fields of a pool were changed; `updates` says from what to what."""
    return Announcement(
        event="prefect.work-pool.updated",
        occurred=now,
        resource={**_pool(pool), "prefect.resource.role": "work-pool"},
        payload={"updated_fields": list(updates), "updates": updates},
    )


def pool_status(pool: Mapping[str, Any], status: str, event_id: UUID, now: datetime, *, new: bool) -> Announcement:
    """A pool came into a status; `pool` is as it was before, unless it is new."""
    follows = None
    if not new:
        last = pool["last_transitioned_status_at"]
        follows = pool["last_status_event_id"] if last is not None and now - last < _RECENT else None
    return Announcement(
        id=event_id,
        event=f"prefect.work-pool.{_kebab(status)}",
        occurred=now,
        resource=_pool(pool),
        follows=follows,
    )


def queue_changed(action: str, queue: Mapping[str, Any], now: datetime) -> Announcement:
    """A queue was `created` or `deleted`; `queue` has id, name, work_pool_id, pool_name, pool_type."""
    return Announcement(
        event=f"prefect.work-queue.{action}", occurred=now, resource=_queue(queue), related=_pool_of(queue)
    )


def queue_updated(queue: Mapping[str, Any], updates: Mapping[str, Any], now: datetime) -> Announcement:
    """Fields of a queue were changed; `updates` says from what to what."""
    return Announcement(
        event="prefect.work-queue.updated",
        occurred=now,
        resource=_queue(queue),
        related=_pool_of(queue),
        payload={"updated_fields": list(updates), "updates": updates},
    )


def queue_status(queue: Mapping[str, Any], status: str, now: datetime) -> Announcement:
    """A queue came into a status."""
    return queue_changed(_kebab(status), queue, now)


def _pool(pool: Mapping[str, Any]) -> dict[str, str]:
    return {
        "prefect.resource.id": f"prefect.work-pool.{pool['id']}",
        "prefect.resource.name": pool["name"],
        "prefect.work-pool.type": pool["type"],
    }


def _queue(queue: Mapping[str, Any]) -> dict[str, str]:
    return {
        "prefect.resource.id": f"prefect.work-queue.{queue['id']}",
        "prefect.resource.name": queue["name"],
        "prefect.resource.role": "work-queue",
    }


def _pool_of(queue: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "prefect.resource.id": f"prefect.work-pool.{queue['work_pool_id']}",
            "prefect.resource.name": queue["pool_name"],
            "prefect.work-pool.type": queue["pool_type"],
            "prefect.resource.role": "work-pool",
        }
    ]


def _kebab(status: str) -> str:
    return status.lower().replace("_", "-")

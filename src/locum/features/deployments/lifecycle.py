"""The events that deployments announce."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from locum.features.events.emit import Announcement


def changed(
    action: str, deployment: Mapping[str, Any], now: datetime, updates: Mapping[str, Any] | None = None
) -> Announcement:
    """A deployment was `created`, `updated` (`updates` says what from and to), `deleted`, `ready` or `not-ready`.

    `deployment` has id, name, flow_id, flow_name, storage_document_id, infrastructure_document_id,
    concurrency_limit_id, work_queue_id, queue_name, pool_id, pool_name and pool_type.
    """
    return Announcement(
        event=f"prefect.deployment.{action}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.deployment.{deployment['id']}",
            "prefect.resource.name": deployment["name"],
        },
        related=_related(deployment),
        payload={"updated_fields": list(updates), "updates": updates} if updates else {},
    )


def _related(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    related: list[dict[str, str]] = [_resource("flow", deployment["flow_id"], deployment["flow_name"])]
    if deployment["work_queue_id"] is not None and deployment["queue_name"] is not None:
        related.append(_resource("work-queue", deployment["work_queue_id"], deployment["queue_name"]))
        if deployment["pool_id"] is not None:
            pool = _resource("work-pool", deployment["pool_id"], deployment["pool_name"])
            related.append({**pool, "prefect.work-pool.type": deployment["pool_type"]})
    for column, kind, role in (
        ("storage_document_id", "block-document", "storage"),
        ("infrastructure_document_id", "block-document", "infrastructure"),
        ("concurrency_limit_id", "concurrency-limit", "concurrency-limit"),
    ):
        if deployment[column] is not None:
            related.append(
                {
                    "prefect.resource.id": f"prefect.{kind}.{deployment[column]}",
                    "prefect.resource.role": role,
                }
            )
    return related


def _resource(kind: str, identity: Any, name: str) -> dict[str, str]:
    return {
        "prefect.resource.id": f"prefect.{kind}.{identity}",
        "prefect.resource.name": name,
        "prefect.resource.role": kind,
    }

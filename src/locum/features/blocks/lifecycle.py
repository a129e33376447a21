"""The events that block types and block documents announce."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from locum.domain.blocks.secrets import plain_texts, told_secret
from locum.features.events.emit import Announcement

_TOLD = ("name", "slug", "logo_url", "documentation_url", "description", "code_example", "is_protected")


def type_changed(action: str, block_type: Mapping[str, Any], now: datetime) -> Announcement:
    """A block type was `created`, `updated` or `deleted`."""
    return Announcement(
        event=f"prefect.block-type.{action}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.block-type.{block_type['id']}",
            "prefect.resource.name": block_type["name"],
        },
        payload={name: block_type[name] for name in _TOLD},
    )


def document_changed(action: str, document: Mapping[str, Any], now: datetime) -> Announcement:
    """A block document, as it is answered without secrets, was `created`, `updated` or `deleted`."""
    schema = document["block_schema"]
    block_type = {"id": str(document["block_type_id"]), "name": document["block_type_name"]}
    return Announcement(
        event=f"prefect.block-document.{action}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.block-document.{document['id']}",
            "prefect.resource.name": document["name"],
        },
        related=[
            {
                "prefect.resource.id": f"prefect.block-type.{document['block_type_id']}",
                "prefect.resource.role": "block-type",
                "prefect.resource.name": document["block_type_name"],
            },
            {
                "prefect.resource.id": f"prefect.block-schema.{document['block_schema_id']}",
                "prefect.resource.role": "block-schema",
            },
        ],
        payload={
            "name": document["name"],
            "data": plain_texts(document["data"], told_secret(schema["fields"].get("secret_fields"))),
            "block_schema": {"capabilities": schema["capabilities"], "block_type": block_type},
        },
    )

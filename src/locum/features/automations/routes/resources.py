"""HTTP operations on the automations of a resource."""

from typing import Any

from locum.features.automations import store
from locum.features.automations.schemas.automations import Automation
from locum.infra.db import Db
from locum.infra.web import Answer, Operation


async def read_automations_related_to_resource(db: Db, resource_id: str) -> Answer:
    """List the automations that a resource owns, or whose actions name it."""
    return await store.related(db, resource_id)


async def delete_automations_owned_by_resource(db: Db, resource_id: str) -> Answer:
    """Delete the automations that a resource owns; unannounced, as in the peer, since it makes them anew."""
    await store.delete_owned(db, resource_id)
    return "null"


_TAG = "Automations"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/automations/related-to/{resource_id}",
        read_automations_related_to_resource,
        _TAG,
        returns=list[Automation],
    ),
    Operation(
        "DELETE",
        "/automations/owned-by/{resource_id}",
        delete_automations_owned_by_resource,
        _TAG,
        status=202,
        returns=Any,
    ),
)

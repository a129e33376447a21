"""What may be done to flows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from locum.domain.errors import NotFound
from locum.features.events.emit import emit
from locum.features.flows import lifecycle, store
from locum.features.flows.schemas import FlowCreate, FlowUpdate
from locum.filters.lists import BulkDeleteFlows
from locum.filters.sorting import FlowSort
from locum.infra.db import Tx


async def create(tx: Tx, body: FlowCreate, now: datetime) -> tuple[str, bool]:
    """The flow of that name as JSON text, and whether it was made just now."""
    made = await store.insert_new(tx, body)
    if made is not None:
        await emit(tx, lifecycle.changed("created", made, now))
        return made["json"], True
    found = await store.get_by_name(tx, body.name)
    if found is None:
        # it was deleted between the two statements, of which each sees what is committed when it begins
        return await create(tx, body, now)
    return found, False


async def change(tx: Tx, flow_id: UUID, body: FlowUpdate, now: datetime) -> None:
    """Change a flow. Raises NotFound."""
    tags = body.tags if "tags" in body.model_fields_set else None
    changed = await store.update_tags(tx, flow_id, tags)
    if changed is None:
        msg = "Flow not found"
        raise NotFound(msg)
    await emit(tx, lifecycle.changed("updated", changed, now))


async def remove_wanted(tx: Tx, wanted: BulkDeleteFlows, now: datetime) -> list[UUID]:
    """Delete the first flows that the filter lets through, by name; their ids."""
    ids = await store.LISTING.ids(tx, wanted.restriction(), FlowSort.NAME_ASC, wanted.limit)
    return await remove(tx, ids, now)


async def remove(tx: Tx, ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Delete flows with their deployments and runs; the ids of those that existed."""
    deleted = await store.delete_many(tx, ids)
    await emit(tx, *(lifecycle.changed("deleted", flow, now) for flow in deleted))
    return [flow["id"] for flow in deleted]

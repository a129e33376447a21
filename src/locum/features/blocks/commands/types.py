"""What may be done to block types."""

import html
from datetime import datetime
from uuid import UUID

from locum.domain.errors import Conflict, Forbidden, NotFound
from locum.features.blocks import lifecycle
from locum.features.blocks.schemas import BlockTypeCreate, BlockTypeUpdate
from locum.features.blocks.store import types as store
from locum.features.events.emit import emit
from locum.infra.db import Tx, UniqueConflict


async def create(tx: Tx, body: BlockTypeCreate, now: datetime) -> str:
    """Make a type: its JSON text. Raises Forbidden for the system's names, Conflict where the slug is taken."""
    if body.name.lower().startswith("prefect"):
        raise Forbidden("Block type names beginning with 'Prefect' are reserved.")
    try:
        made = await store.insert_one(tx, {**escaped(body), "is_protected": False})
    except UniqueConflict as error:
        raise Conflict(f'Block type with name "{body.name}" already exists') from error
    await emit(tx, lifecycle.type_changed("created", made, now))
    return made["json"]


async def change(tx: Tx, type_id: UUID, body: BlockTypeUpdate, now: datetime) -> None:
    """Change a type, unless it is so already, as clients that save a block say each time. Raises NotFound."""
    found = await store.find(tx, type_id)
    if found is None:
        raise not_found()
    if any(found[name] != getattr(body, name) for name in store.SHOWN):
        changed = await store.update_one(tx, type_id, body.model_dump(exclude_unset=True))
        if changed is None:
            raise not_found()
        await emit(tx, lifecycle.type_changed("updated", changed, now))


async def remove(tx: Tx, type_id: UUID, now: datetime) -> None:
    """Delete a type with its schemas and documents. Raises NotFound, Forbidden where it is protected."""
    found = await store.lock(tx, type_id)
    if found is None:
        raise not_found()
    if found["is_protected"]:
        raise Forbidden("protected block types cannot be deleted.")
    await store.delete_one(tx, type_id)
    await emit(tx, lifecycle.type_changed("deleted", found, now))


def escaped(body: BlockTypeCreate) -> dict[str, str | None]:
    """The columns of a new type, without markup in what the UI renders."""
    columns: dict[str, str | None] = body.model_dump()
    for name in ("description", "code_example"):
        text = columns[name]
        columns[name] = None if text is None else html.escape(text, quote=False)
    return columns


def not_found() -> NotFound:
    """There is no such type."""
    return NotFound("Block type not found")

"""Installs the block types that every server has."""

from datetime import datetime

from locum.features.blocks import lifecycle
from locum.features.blocks.commands import schemas
from locum.features.blocks.commands.types import escaped
from locum.features.blocks.schemas import BlockSchemaCreate, BlockTypeCreate
from locum.features.blocks.store import types
from locum.features.blocks.system import SYSTEM
from locum.features.events.emit import emit
from locum.infra.db import Db, Tx


async def complete(db: Db, now: datetime) -> bool:
    """Install the system's types where one is missing, or was made by a client and so is not protected: whether so."""
    if {told["slug"] for told, _, _ in SYSTEM} <= await types.protected_slugs(db):
        return False

    async def work(tx: Tx) -> None:
        await install(tx, now)

    await db.transact(work)
    return True


async def install(tx: Tx, now: datetime) -> None:
    """Put the system's types and schemas in place, whatever is there."""
    for told, fields, capabilities in SYSTEM:
        given = {**escaped(BlockTypeCreate(**told)), "is_protected": True}
        block_type = await types.put(tx, given)
        if block_type["is_new"]:
            await emit(tx, lifecycle.type_changed("created", block_type, now))
        body = BlockSchemaCreate(fields=fields, block_type_id=block_type["id"], capabilities=capabilities)
        await schemas.create(tx, body)

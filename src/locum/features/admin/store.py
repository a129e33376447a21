"""Whether the database answers, and what is configured in it."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, literal, select
from sqlalchemy.dialects.postgresql import insert

from locum.domain.errors import Unavailable
from locum.infra.db import Executor, prepare
from locum.tables.admin import default_storage
from locum.tables.blocks import block_document, block_schema

_ONE = prepare(select(literal(1)))
_STORAGE = prepare(select(default_storage.c.block_document_id))
_BLOCK_ID = bindparam("block_document_id", type_=Uuid)
_INSERTION = insert(default_storage).values(block_document_id=_BLOCK_ID)
_SET_STORAGE = prepare(
    _INSERTION.on_conflict_do_update(
        index_elements=["single"], set_={"block_document_id": _INSERTION.excluded.block_document_id}
    )
)
_CLEAR_STORAGE = prepare(delete(default_storage))
_CAN_WRITE = prepare(
    select(block_schema.c.capabilities.has_key("write-path"))
    .join(block_document, block_document.c.block_schema_id == block_schema.c.id)
    .where(block_document.c.id == _BLOCK_ID)
)


async def answers(db: Executor) -> bool:
    """Whether the database carries out a statement now."""
    try:
        return await db.value(_ONE) == 1
    except Unavailable:
        return False


async def storage(tx: Executor) -> UUID | None:
    """The block where results go by default."""
    return await tx.value(_STORAGE)


async def set_storage(tx: Executor, block_document_id: UUID) -> None:
    """Let results go to a block by default."""
    await tx.run(_SET_STORAGE, block_document_id=block_document_id)


async def clear_storage(tx: Executor) -> None:
    """Let results go to no block by default."""
    await tx.run(_CLEAR_STORAGE)


async def can_write(tx: Executor, block_document_id: UUID) -> bool | None:
    """Whether results can be written to a block; None where there is none."""
    return await tx.value(_CAN_WRITE, block_document_id=block_document_id)

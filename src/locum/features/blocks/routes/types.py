"""HTTP operations of block types."""

from typing import Annotated, Any
from uuid import UUID

from locum.features.blocks import nesting
from locum.features.blocks.commands import documents, installing, types
from locum.features.blocks.schemas import (
    BlockDocument,
    BlockType,
    BlockTypeCreate,
    BlockTypeUpdate,
    FilterBlockDocuments,
    FilterBlockTypes,
)
from locum.features.blocks.store import documents as document_store
from locum.features.blocks.store import types as store
from locum.filters.blocks import BlockDocumentFilter, BlockDocumentFilterBlockTypeId
from locum.filters.sorting import BlockDocumentSort
from locum.infra.db import Db, Tx, dump_json
from locum.infra.web import Answer, Call, Operation, Query

_MOST_DOCUMENTS = 10_000

Secrets = Annotated[bool, Query("Whether to answer with secret values")]


async def create_block_type(tx: Tx, call: Call, body: BlockTypeCreate) -> Answer:
    """Make a block type."""
    return await types.create(tx, body, call.now)


async def read_block_type_by_id(db: Db, id: UUID) -> Answer:
    """Read a block type."""
    return _found(await store.get(db, id))


async def read_block_type_by_slug(db: Db, slug: str) -> Answer:
    """Read the block type of a slug."""
    return _found(await store.get(db, slug))


async def read_block_types(db: Db, call: Call, body: FilterBlockTypes) -> Answer:
    """List the block types that the filters let through, by name."""
    return await store.LISTING.read(db, body, store.TypeSort.NAME_ASC, call.settings.api.default_limit)


async def update_block_type(tx: Tx, call: Call, id: UUID, body: BlockTypeUpdate) -> Answer:
    """Change a block type."""
    await types.change(tx, id, body, call.now)


async def delete_block_type(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete a block type with its schemas and documents."""
    await types.remove(tx, id, call.now)


async def read_block_documents_for_block_type(
    db: Db, call: Call, slug: str, include_secrets: Secrets = False
) -> Answer:
    """List the documents of a block type by name."""
    type_id = await store.id_of(db, slug)
    if type_id is None:
        raise types.not_found()
    wanted = BlockDocumentFilter(block_type_id=BlockDocumentFilterBlockTypeId(any_=[type_id]))
    restriction = FilterBlockDocuments(block_documents=wanted).restriction()
    rows = await document_store.page(db, restriction, BlockDocumentSort.NAME_ASC, _MOST_DOCUMENTS, 0)
    cipher = call.services.hubs["blocks"]
    return dump_json(await nesting.whole(db, cipher, rows, include_secrets=include_secrets))


async def read_block_document_by_name_for_block_type(
    db: Db, call: Call, slug: str, block_document_name: str, include_secrets: Secrets = False
) -> Answer:
    """Read the document of a name and block type."""
    cipher = call.services.hubs["blocks"]
    return dump_json(
        await documents.get_by_name(db, cipher, slug, block_document_name, include_secrets=include_secrets)
    )


async def install_system_block_types(tx: Tx, call: Call) -> Answer:
    """Put the block types in place that every server has."""
    await installing.install(tx, call.now)
    return "null"


def _found(block_type: str | None) -> str:
    if block_type is None:
        raise types.not_found()
    return block_type


_TAG = "Block types"
_BOTH = ("Block types", "Block types", "Block documents")
_OF_TYPE = "/block_types/slug/{slug}/block_documents"

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/block_types/", create_block_type, _TAG, status=201, returns=BlockType),
    Operation("GET", "/block_types/{id}", read_block_type_by_id, _TAG, returns=BlockType),
    Operation("GET", "/block_types/slug/{slug}", read_block_type_by_slug, _TAG, returns=BlockType),
    Operation("POST", "/block_types/filter", read_block_types, _TAG, returns=list[BlockType]),
    Operation("PATCH", "/block_types/{id}", update_block_type, _TAG, status=204),
    Operation("DELETE", "/block_types/{id}", delete_block_type, _TAG, status=204),
    Operation("GET", _OF_TYPE, read_block_documents_for_block_type, _BOTH, returns=list[BlockDocument]),
    Operation(
        "GET",
        f"{_OF_TYPE}/name/{{block_document_name}}",
        read_block_document_by_name_for_block_type,
        _BOTH,
        returns=BlockDocument,
    ),
    Operation("POST", "/block_types/install_system_block_types", install_system_block_types, _TAG, returns=Any),
)

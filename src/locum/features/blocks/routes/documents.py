"""HTTP operations of block documents."""

from uuid import UUID

from locum.features.blocks import nesting
from locum.features.blocks.commands import documents
from locum.features.blocks.routes.types import Secrets
from locum.features.blocks.schemas import (
    BlockDocument,
    BlockDocumentCreate,
    BlockDocumentUpdate,
    CountBlockDocuments,
    FilterBlockDocuments,
)
from locum.features.blocks.store import documents as store
from locum.filters.sorting import BlockDocumentSort
from locum.infra.db import Db, Tx, dump_json
from locum.infra.web import Answer, Call, Operation


async def create_block_document(tx: Tx, call: Call, body: BlockDocumentCreate) -> Answer:
    """Make a block document."""
    return dump_json(await documents.create(tx, call.services.hubs["blocks"], body, call.now))


async def read_block_documents(db: Db, call: Call, body: FilterBlockDocuments) -> Answer:
    """List the block documents that the filters let through."""
    limit = body.limit_within(call.settings.api.default_limit)
    sort = body.sort or BlockDocumentSort.NAME_ASC
    rows = await store.page(db, body.restriction(), sort, limit, body.start)
    cipher = call.services.hubs["blocks"]
    return dump_json(await nesting.whole(db, cipher, rows, include_secrets=body.include_secrets))


async def count_block_documents(db: Db, body: CountBlockDocuments) -> Answer:
    """Count the block documents that the filters let through."""
    return str(await store.count(db, body.restriction()))


async def read_block_document_by_id(db: Db, call: Call, id: UUID, include_secrets: Secrets = False) -> Answer:
    """Read a block document."""
    return dump_json(await documents.get(db, call.services.hubs["blocks"], id, include_secrets=include_secrets))


async def delete_block_document(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete a block document."""
    await documents.remove(tx, call.services.hubs["blocks"], id, call.now)


async def update_block_document_data(tx: Tx, call: Call, id: UUID, body: BlockDocumentUpdate) -> Answer:
    """Change a block document."""
    await documents.change(tx, call.services.hubs["blocks"], id, body, call.now)


_TAG = "Block documents"

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/block_documents/", create_block_document, _TAG, status=201, returns=BlockDocument),
    Operation("POST", "/block_documents/filter", read_block_documents, _TAG, returns=list[BlockDocument]),
    Operation("POST", "/block_documents/count", count_block_documents, _TAG, returns=int),
    Operation("GET", "/block_documents/{id}", read_block_document_by_id, _TAG, returns=BlockDocument),
    Operation("DELETE", "/block_documents/{id}", delete_block_document, _TAG, status=204),
    Operation("PATCH", "/block_documents/{id}", update_block_document_data, _TAG, status=204),
)

"""HTTP operations of block schemas, and of what blocks can do."""

from typing import Annotated
from uuid import UUID

from locum.features.blocks.assembly import assembled
from locum.features.blocks.commands import schemas
from locum.features.blocks.schemas import BlockSchema, BlockSchemaCreate, FilterBlockSchemas
from locum.features.blocks.store import schemas as store
from locum.infra.db import Db, Tx, dump_json
from locum.infra.web import Answer, Call, Operation, Query, Reply


async def create_block_schema(tx: Tx, body: BlockSchemaCreate) -> Answer:
    """Make a block schema and those nested in it, or answer with the one of its checksum and version."""
    schema, is_new = await schemas.create(tx, body)
    return Reply(dump_json(schema), 201 if is_new else 200)


async def delete_block_schema(tx: Tx, id: UUID) -> Answer:
    """Delete a block schema with its documents."""
    await schemas.remove(tx, id)


async def read_block_schemas(db: Db, call: Call, body: FilterBlockSchemas) -> Answer:
    """List the block schemas that the filter lets through, the newest first."""
    limit = body.limit_within(call.settings.api.default_limit)
    return dump_json(assembled(await store.page(db, body.restriction(), limit, body.start)))


async def read_block_schema_by_id(db: Db, id: UUID) -> Answer:
    """Read a block schema."""
    return dump_json(await schemas.get(db, id))


async def read_block_schema_by_checksum(
    db: Db,
    checksum: str,
    version: Annotated[str | None, Query("Its version; of any version the newest unless given")] = None,
) -> Answer:
    """Read the newest block schema of a checksum."""
    return dump_json(await schemas.get_by_checksum(db, checksum, version))


async def read_available_block_capabilities(db: Db) -> Answer:
    """List everything that some block can do."""
    return dump_json(await store.capabilities(db))


_TAG = "Block schemas"

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/block_schemas/", create_block_schema, _TAG, status=201, returns=BlockSchema),
    Operation("DELETE", "/block_schemas/{id}", delete_block_schema, _TAG, status=204),
    Operation("POST", "/block_schemas/filter", read_block_schemas, _TAG, returns=list[BlockSchema]),
    Operation("GET", "/block_schemas/{id}", read_block_schema_by_id, _TAG, returns=BlockSchema),
    Operation("GET", "/block_schemas/checksum/{checksum}", read_block_schema_by_checksum, _TAG, returns=BlockSchema),
    Operation(
        "GET", "/block_capabilities/", read_available_block_capabilities, "Block capabilities", returns=list[str]
    ),
)

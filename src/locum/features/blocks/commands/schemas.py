"""What may be done to block schemas."""

from typing import Any, cast
from uuid import UUID

from locum.domain.blocks.definitions import checksum, nested_fields, own_definitions
from locum.domain.errors import Conflict, Forbidden, Invalid, NotFound
from locum.features.blocks.assembly import assembled
from locum.features.blocks.schemas import NO_VERSION, BlockSchemaCreate
from locum.features.blocks.store import schemas as store
from locum.features.blocks.store import types
from locum.infra.db import Executor, Tx

Json = dict[str, Any]

_DEPTH = 20


async def create(tx: Tx, body: BlockSchemaCreate) -> tuple[Json, bool]:
    """Make a schema and those nested in it, or find the one of its checksum and version; and whether it was made.

    Raises NotFound where there is no such type, Conflict where that of a nested block is missing.
    """
    if await types.find(tx, body.block_type_id) is None:
        raise NotFound(f"Block type {body.block_type_id} not found.")
    found = assembled(await store.by_checksum(tx, _checksum(body.fields), body.version))
    if found:
        return found[0], False
    schema_id = await _made(tx, body, None, 0)
    return (await get(tx, schema_id)), True


async def get(tx: Executor, schema_id: UUID) -> Json:
    """One schema as it is answered. Raises NotFound."""
    return _only(assembled(await store.by_id(tx, schema_id)))


async def get_by_checksum(tx: Executor, checksum: str, version: str | None) -> Json:
    """The newest schema of a checksum, and of a version if one is given. Raises NotFound."""
    return _only(assembled(await store.by_checksum(tx, checksum, version)))


async def remove(tx: Tx, schema_id: UUID) -> None:
    """Delete a schema with its documents. Raises NotFound, Forbidden where its type is protected."""
    found = await store.find(tx, schema_id)
    if found is None:
        raise _not_found()
    if found["is_protected"]:
        raise Forbidden("Block schemas for protected block types cannot be deleted.")
    await store.delete_one(tx, schema_id)


async def _made(tx: Tx, body: BlockSchemaCreate, inherited: Json | None, depth: int) -> UUID:
    """The id of the schema, made unless it is there; `inherited` are the definitions of the schema around it."""
    if depth > _DEPTH:
        raise Invalid("Block schemas are nested too deeply.")
    fields = dict(body.fields)
    definitions = inherited or _object(fields.get("definitions"))
    if definitions:
        fields["definitions"] = definitions
    mark = _checksum(fields)
    if definitions:
        own = own_definitions(fields, definitions)
        fields = {name: value for name, value in fields.items() if name != "definitions"}
        if own:
            fields["definitions"] = own
    references = _object(fields.pop("block_schema_references", None))
    columns = {
        "checksum": mark,
        "fields": fields,
        "capabilities": body.capabilities,
        "version": body.version,
        "block_type_id": body.block_type_id,
    }
    made = await store.insert_new(tx, columns)
    if made is None:
        rows = await store.by_checksum(tx, mark, body.version)
        return next(row["id"] for row in rows if row["place"] is not None)
    for name, told in references.items():
        for one in cast("list[Any]", told if isinstance(told, list) else [told]):
            nested = await _nested(tx, fields, definitions, name, _object(one), depth)
            await store.refer(tx, made, name, nested)
    return made


async def _nested(tx: Tx, fields: Json, definitions: Json, name: str, told: Json, depth: int) -> UUID:
    """The id of the schema that a field holds."""
    slug, mark = told.get("block_type_slug"), told.get("block_schema_checksum")
    if not isinstance(slug, str) or not isinstance(mark, str):
        raise Invalid("A block schema reference names a block type's slug and a block schema's checksum.")
    type_id = await types.id_of(tx, slug)
    if type_id is None:
        raise Conflict(
            f"Cannot create block schema because block type {slug!r} was not found.Did you forget to register the block"
            " type?"
        )
    rows = await store.by_checksum(tx, mark, None)
    if rows:
        return next(row["id"] for row in rows if row["place"] is not None)
    inner = nested_fields(fields, definitions, name, slug)
    if inner is None:
        raise Invalid(f"The definition of the block type {slug!r} in the field {name!r} is missing.")
    body = BlockSchemaCreate(fields=inner, block_type_id=type_id, version=NO_VERSION)
    return await _made(tx, body, definitions, depth + 1)


def _checksum(fields: Json) -> str:
    if not isinstance(fields.get("definitions") or {}, dict):
        raise Invalid("The definitions of a block schema are an object.")
    try:
        return checksum(fields)
    except (TypeError, AttributeError, RecursionError) as error:
        raise Invalid("The fields are no JSON schema of a block.") from error


def _object(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _only(found: list[Json]) -> Json:
    if not found:
        raise _not_found()
    return found[0]


def _not_found() -> NotFound:
    return NotFound("Block schema not found")

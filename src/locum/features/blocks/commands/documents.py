"""What may be done to block documents."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from locum.domain.blocks.secrets import keep_hidden
from locum.domain.errors import BadRequest, Conflict, NotFound
from locum.features.blocks import lifecycle, nesting
from locum.features.blocks.schemas import BlockDocumentCreate, BlockDocumentUpdate
from locum.features.blocks.store import documents as store
from locum.features.blocks.store import schemas, types
from locum.features.events.emit import emit
from locum.infra.cipher import Cipher
from locum.infra.db import Executor, Tx, UniqueConflict, dump_json

Json = dict[str, Any]

_NAME_TAKEN = "uq_block_document__block_type_id_name"


async def create(tx: Tx, cipher: Cipher, body: BlockDocumentCreate, now: datetime) -> Json:
    """Make a document: it, without secrets. Raises NotFound, Conflict where the name is taken, BadRequest."""
    block_type = await types.find(tx, body.block_type_id)
    if block_type is None:
        raise NotFound(f"Block type {body.block_type_id} not found")
    data, references = _separated(body.data)
    given = {
        "name": body.name or f"anonymous-{uuid4()}",
        "data": cipher.encrypt(dump_json(data)),
        "is_anonymous": body.is_anonymous,
        "block_type_id": body.block_type_id,
        "block_type_name": block_type["name"],
        "block_schema_id": body.block_schema_id,
    }
    try:
        document_id = await store.insert_one(tx, given)
    except UniqueConflict as error:
        if error.constraint == _NAME_TAKEN:
            raise Conflict("Block already exists") from error
        raise
    for name, reference_id in references.items():
        await store.refer(tx, document_id, name, reference_id)
    return await _announced(tx, cipher, document_id, "created", now)


async def get(tx: Executor, cipher: Cipher, document_id: UUID, *, include_secrets: bool) -> Json:
    """One document. Raises NotFound."""
    found = await nesting.whole(tx, cipher, await store.by_id(tx, document_id), include_secrets=include_secrets)
    return _only(found)


async def get_by_name(tx: Executor, cipher: Cipher, slug: str, name: str, *, include_secrets: bool) -> Json:
    """The document of that name and type. Raises NotFound."""
    found = await nesting.whole(tx, cipher, await store.by_name(tx, slug, name), include_secrets=include_secrets)
    return _only(found)


async def data_of(tx: Executor, cipher: Cipher, ids: Iterable[UUID]) -> dict[UUID, Json]:
    """The data of those documents that exist, secrets hidden, by id."""
    return nesting.data_of(cipher, await store.by_ids(tx, ids))


async def change(tx: Tx, cipher: Cipher, document_id: UUID, body: BlockDocumentUpdate, now: datetime) -> None:
    """Change a document's data, and its schema with them. Raises NotFound, BadRequest.

    What the new data do not refer to is not referred to any more, even where they are merged with the present ones.
    """
    current = await store.lock(tx, document_id)
    if current is None:
        raise _not_found()
    if "data" in body.model_fields_set or not body.merge_existing_data:
        present: Json = json.loads(cipher.decrypt(current["data"]))
        data = keep_hidden(body.data, present, nesting.secret_fields(current))
        data, references = _separated({**present, **data} if body.merge_existing_data else data)
        schema_id = await _new_schema(tx, current, body.block_schema_id)
        await store.update_one(tx, document_id, cipher.encrypt(dump_json(data)), schema_id)
        await store.forget_references(tx, document_id)
        for name, reference_id in references.items():
            if await store.reaches(tx, reference_id, document_id):
                raise BadRequest(
                    "Cannot create block document reference: it would introduce a cycle into the"
                    f" block_document_reference graph (parent={document_id}, reference={reference_id})."
                )
            await store.refer(tx, document_id, name, reference_id)
    await _announced(tx, cipher, document_id, "updated", now)


async def remove(tx: Tx, cipher: Cipher, document_id: UUID, now: datetime) -> None:
    """Delete a document. Raises NotFound."""
    await _announced(tx, cipher, document_id, "deleted", now)
    await store.delete_one(tx, document_id)


async def _announced(tx: Tx, cipher: Cipher, document_id: UUID, action: str, now: datetime) -> Json:
    """Announce what became of a document, unless it is anonymous: it, without secrets. Raises NotFound."""
    document = await get(tx, cipher, document_id, include_secrets=False)
    if not document["is_anonymous"]:
        await emit(tx, lifecycle.document_changed(action, document, now))
    return document


async def _new_schema(tx: Tx, current: Mapping[str, Any], wanted: UUID | None) -> UUID:
    if wanted is None or wanted == current["block_schema_id"]:
        return current["block_schema_id"]
    schema = await schemas.find(tx, wanted)
    if schema is None:
        raise NotFound(f"Block schema {wanted} not found")
    if schema["block_type_id"] != current["block_type_id"]:
        raise BadRequest("Must migrate block document to a block schema of the same block type.")
    return wanted


def _separated(data: Json) -> tuple[Json, dict[str, UUID]]:
    """The values themselves, and the documents referred to by field. Raises BadRequest."""
    values: Json = {}
    references: dict[str, UUID] = {}
    for name, value in data.items():
        if isinstance(value, dict) and "$ref" in value:
            references[name] = _reference(name, cast("Json", value)["$ref"])
        else:
            values[name] = value
    return values, references


def _reference(name: str, told: Any) -> UUID:
    identity = cast("Json", told).get("block_document_id") if isinstance(told, dict) else None
    if identity is None:
        raise BadRequest(f"Received block reference without a block_document_id in key {name}")
    try:
        return UUID(str(identity))
    except ValueError as error:
        raise BadRequest(f"The block_document_id in key {name} is no id") from error


def _only(found: list[Json]) -> Json:
    if not found:
        raise _not_found()
    return found[0]


def _not_found() -> NotFound:
    return NotFound("Block document not found")

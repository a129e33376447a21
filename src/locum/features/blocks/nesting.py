"""Puts block documents together: decrypted, secrets hidden, and those they refer to within their data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from locum.domain.blocks.secrets import hide, told_secret
from locum.domain.errors import Invalid
from locum.features.blocks.assembly import assembled, wire
from locum.features.blocks.store import schemas
from locum.infra.cipher import Cipher
from locum.infra.db import Executor, Row

Json = dict[str, Any]

_DEPTH = 50


@dataclass
class _Nodes:
    """The documents of one answer, by id, and what each holds by field."""

    cipher: Cipher
    include_secrets: bool
    rows: dict[UUID, Mapping[str, Any]] = field(default_factory=dict[UUID, Mapping[str, Any]])
    held: dict[UUID, dict[str, UUID]] = field(default_factory=dict[UUID, dict[str, UUID]])

    def own_data(self, document_id: UUID) -> Json:
        row = self.rows[document_id]
        data: Json = json.loads(self.cipher.decrypt(row["data"]))
        return data if self.include_secrets else hide(data, secret_fields(row))

    def built(self, document_id: UUID, depth: int = 0) -> tuple[Json, Json]:
        """The data and the references of a document. Raises Invalid where they are nested without end."""
        if depth > _DEPTH:
            raise Invalid("Block documents are nested too deeply.")
        data = self.own_data(document_id)
        references: Json = {}
        for name, one in self.held.get(document_id, {}).items():
            row = self.rows[one]
            data[name], inner = self.built(one, depth + 1)
            references[name] = {
                "block_document": {
                    "id": str(one),
                    "name": row["name"],
                    "block_type": json.loads(row["block_type"]),
                    "is_anonymous": row["is_anonymous"],
                    "block_document_references": inner,
                }
            }
        return data, references


async def whole(tx: Executor, cipher: Cipher, rows: Sequence[Row], *, include_secrets: bool) -> list[Json]:
    """The documents as they are answered, in the order of their places. Raises Conflict where the key does not fit."""
    nodes, roots = _read(cipher, rows, include_secrets=include_secrets)
    if not roots:
        return []
    wanted = list({nodes.rows[root]["block_schema_id"] for root in roots})
    known = {schema["id"]: schema for schema in assembled(await schemas.by_ids(tx, wanted))}
    return [_answered(nodes, root, known) for root in roots]


def data_of(cipher: Cipher, rows: Sequence[Row]) -> dict[UUID, Json]:
    """The data alone of the documents that have a place, secrets hidden. Raises Conflict where the key does not fit."""
    nodes, roots = _read(cipher, rows, include_secrets=False)
    return {root: nodes.built(root)[0] for root in roots}


def _read(cipher: Cipher, rows: Sequence[Row], *, include_secrets: bool) -> tuple[_Nodes, list[UUID]]:
    nodes = _Nodes(cipher, include_secrets)
    roots: list[UUID] = []
    for row in rows:
        nodes.rows[row["id"]] = row
        if row["place"] is not None:
            roots.append(row["id"])
        if row["parent_id"] is not None:
            nodes.held.setdefault(row["parent_id"], {})[row["field"]] = row["id"]
    return nodes, roots


def secret_fields(row: Mapping[str, Any]) -> list[str]:
    """Which fields of a document are secret, by its schema."""
    told = row["secret_fields"]
    return told_secret(json.loads(told)) if told else []


def _answered(nodes: _Nodes, document_id: UUID, known: Mapping[str, Json]) -> Json:
    row = nodes.rows[document_id]
    data, references = nodes.built(document_id)
    return {
        "id": str(document_id),
        "created": wire(row["created"]),
        "updated": wire(row["updated"]),
        "name": row["name"],
        "data": data,
        "block_schema_id": str(row["block_schema_id"]),
        "block_schema": known[str(row["block_schema_id"])],
        "block_type_id": str(row["block_type_id"]),
        "block_type_name": row["block_type_name"],
        "block_type": json.loads(row["block_type"]),
        "block_document_references": references,
        "is_anonymous": row["is_anonymous"],
    }

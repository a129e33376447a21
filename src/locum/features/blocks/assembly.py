"""Puts block schemas together again from their own fields and the schemas nested in them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from locum.infra.db import Row

Json = dict[str, Any]

_DEPTH = 50


@dataclass
class _Node:
    row: Mapping[str, Any]
    nested: dict[str, list[UUID]] = field(default_factory=dict[str, list[UUID]])


def assembled(rows: Sequence[Row]) -> list[Json]:
    """The schemas as they are answered, in the order of their places; nested ones are told in their fields only."""
    nodes: dict[UUID, _Node] = {}
    roots: list[UUID] = []
    for row in rows:
        nodes.setdefault(row["id"], _Node(row))
        if row["place"] is not None:
            roots.append(row["id"])
    for row in rows:
        if row["parent_id"] is not None:
            held = nodes[row["parent_id"]].nested.setdefault(row["name"], [])
            if row["id"] not in held:
                held.append(row["id"])
    return [_answered(nodes[root].row, _fields(nodes, root, 0)) for root in roots]


def _answered(row: Mapping[str, Any], fields: Json) -> Json:
    return {
        "id": str(row["id"]),
        "created": wire(row["created"]),
        "updated": wire(row["updated"]),
        "checksum": row["checksum"],
        "fields": fields,
        "block_type_id": str(row["block_type_id"]),
        "block_type": json.loads(row["block_type"]),
        "capabilities": json.loads(row["capabilities"]),
        "version": row["version"],
    }


def _fields(nodes: Mapping[UUID, _Node], schema_id: UUID, depth: int) -> Json:
    """The fields with references to the schemas in them, whose own fields are among the definitions."""
    node = nodes[schema_id]
    fields: Json = {**json.loads(node.row["fields"]), "block_schema_references": {}}
    definitions: Json = {}
    for name, held in node.nested.items():
        told = [
            {"block_schema_checksum": nodes[one].row["checksum"], "block_type_slug": nodes[one].row["slug"]}
            for one in held
        ]
        fields["block_schema_references"][name] = told[0] if len(told) == 1 else told
        for one in held:
            if depth < _DEPTH:
                definitions |= _as_definitions(_fields(nodes, one, depth + 1))
    if definitions or fields.get("definitions"):
        fields["definitions"] = {**cast("Json", fields.get("definitions") or {}), **definitions}
    return fields


def _as_definitions(fields: Json) -> Json:
    title = fields.get("title")
    if not isinstance(title, str):
        return {}
    inner = cast("Json", fields.pop("definitions", {}))
    return {title: fields, **inner}


def wire(moment: datetime) -> str:
    """A moment as it is answered."""
    return moment.isoformat().replace("+00:00", "Z")

"""Holds real answers against the schemas that the OpenAPI document gives them."""

import json
from typing import Any, cast

import jsonschema_rs

from locum.infra.web import Operation, openapi

_VALIDATORS: dict[str, Any] = {}


def assert_matches(operation: Operation, body: Any) -> None:
    """Fail unless the body (JSON text or parsed) has each property the document names, of its type, and no other."""
    parsed: Any = json.loads(body) if isinstance(body, bytes | str) else body
    identity = operation.operation_id
    if identity not in _VALIDATORS:
        _VALIDATORS[identity] = _validator(operation)
    problems = [f"{list(e.instance_path)}: {e.message}" for e in _VALIDATORS[identity].iter_errors(parsed)]
    assert problems == [], identity


def _validator(operation: Operation) -> Any:
    document = openapi([operation])
    answer = document["paths"][operation.shown_path][operation.method.lower()]["responses"][str(operation.status)]
    schema = answer["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator(
        _closed({**schema, "components": document["components"]}), validate_formats=True
    )


def _closed(schema: Any) -> Any:
    """The schema, with every property of a model required and no others allowed: answers leave nothing out."""
    if isinstance(schema, list):
        return [_closed(part) for part in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _closed(value) for key, value in cast("dict[str, Any]", schema).items()}
    if (
        isinstance(kept.get("properties"), dict)
        and kept.get("type") == "object"
        and not kept.get("additionalProperties")
    ):
        kept |= {"additionalProperties": False, "required": list(kept["properties"])}
    return kept

"""Holds real answers against the schemas that the OpenAPI document gives them."""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any, cast

import httpx
import jsonschema_rs

from locum.infra.web import Operation, openapi
from locum.infra.web.routing import Routes


def assert_matches(operation: Operation, body: Any) -> None:
    """Fail unless the body (JSON text or parsed) has each property the document names, of its type, and no other."""
    parsed: Any = json.loads(body) if isinstance(body, bytes | str) else body
    assert problems(operation, parsed) == [], operation.operation_id


def problems(operation: Operation, parsed: Any, *, closed: bool = True) -> list[str]:
    """What breaks the schema of this operation's answer; `closed` takes no property for optional, and no other."""
    return [f"{list(e.instance_path)}: {e.message}" for e in _validator(operation, closed).iter_errors(parsed)]


def checking(operations: Sequence[Operation], prefix: str = "/api") -> Callable[[httpx.Response], Awaitable[None]]:
    """A response hook for httpx that holds every answer of these operations against its schema."""
    routes = Routes(operations)

    async def check(response: httpx.Response) -> None:
        request = response.request
        operation, _, _ = routes.find(request.method, request.url.path.removeprefix(prefix))
        if operation is None or response.status_code != operation.status or operation.returns in (None, Any):
            return
        await response.aread()
        assert_matches(operation, response.content)

    return check


@cache
def _validator(operation: Operation, closed: bool) -> Any:
    document = openapi([operation])
    answer = document["paths"][operation.shown_path][operation.method.lower()]["responses"][str(operation.status)]
    schema = {**answer["content"]["application/json"]["schema"], "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(_closed(schema) if closed else schema, validate_formats=True)


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

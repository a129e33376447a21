"""What the peer's document offers to be tried: operations, the fields of filters, and orders of lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from compat.environments import ROOT

METHODS = ("get", "post", "put", "patch", "delete")
PREFIX = "#/components/schemas/"
UUID = "[0-9a-fA-F-]{32,36}"
VERSION = "x-prefect-api-version"


@dataclass(frozen=True)
class Operation:
    """One operation, with what of its input is accounted for."""

    name: str
    path: re.Pattern[str]
    variables: int
    body: dict[str, Any]
    """The schema of its body; empty where it takes none."""
    query: frozenset[str]
    filters: dict[str, str]
    """By the body's fields: the filter that stands there."""
    sorts: dict[str, tuple[str, ...]]
    """By the fields of body or query: the orders to choose from."""


@dataclass(frozen=True)
class Contract:
    """The whole document."""

    operations: tuple[Operation, ...]
    schemas: dict[str, Any]

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that such a request reaches; the one with the fewest variables, as routers go."""
        bare = path.split("?", maxsplit=1)[0].rstrip("/")
        fit = [o for o in self.operations if o.name.startswith(f"{method} ") and o.path.fullmatch(bare)]
        return min(fit, key=lambda o: o.variables, default=None)

    def fields(self, component: str, path: str = "") -> Iterator[str]:
        """Every field of a filter and of the filters in it: `FlowRunFilter.state.type.any_`."""
        path = path or component
        for name, schema in self.schemas[component].get("properties", {}).items():
            inner = filters_in(schema)
            if not inner:
                yield f"{path}.{name}"
            for one in inner:
                yield from self.fields(one, f"{path}.{name}")

    def used(self, component: str, given: Any, path: str = "") -> Iterator[str]:
        """The same of those fields that have a value in what was sent."""
        path = path or component
        for one in given if isinstance(given, list) else [given]:
            if not isinstance(one, dict):
                continue
            for name, schema in self.schemas[component].get("properties", {}).items():
                if one.get(name) is None:
                    continue
                inner = filters_in(schema)
                if not inner:
                    yield f"{path}.{name}"
                for part in inner:
                    yield from self.used(part, one[name], f"{path}.{name}")


def _references(schema: dict[str, Any]) -> list[str]:
    if "$ref" in schema:
        return [schema["$ref"].removeprefix(PREFIX)]
    parts = [part for key in ("anyOf", "allOf", "oneOf") for part in schema.get(key, ())]
    if "items" in schema:
        parts.append(schema["items"])
    return [name for part in parts for name in _references(part)]


def filters_in(schema: dict[str, Any]) -> list[str]:
    """The filters that a value of such a schema may be, or may be a list of."""
    return [name for name in _references(schema) if "Filter" in name]


def _orders(schema: dict[str, Any], schemas: dict[str, Any]) -> tuple[str, ...]:
    names = [name for name in _references(schema) if name.endswith("Sort")]
    return tuple(value for name in names for value in schemas[name]["enum"])


def _operation(method: str, path: str, item: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    parameters = [p for p in item.get("parameters", ()) if p["name"] != VERSION]
    pattern = re.escape(path.rstrip("/"))
    for p in parameters:
        if p["in"] == "path":
            given = UUID if p["schema"].get("format") == "uuid" else "[^/]+"
            pattern = pattern.replace(re.escape(f"{{{p['name']}}}"), given)
    content = item.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = content.get("schema", {})
    if "$ref" in body:
        body = schemas[body["$ref"].removeprefix(PREFIX)]
    fields = body.get("properties", {})
    query = {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}
    inner = {name: filters_in(schema) for name, schema in fields.items()}
    orders = {name: _orders(schema, schemas) for name, schema in {**query, **fields}.items()}
    return Operation(
        name=f"{method.upper()} {path}",
        path=re.compile(pattern),
        variables=path.count("{"),
        body=body,
        query=frozenset(query),
        filters={name: found[0] for name, found in inner.items() if found},
        sorts={name: values for name, values in orders.items() if values},
    )


@cache
def contract() -> Contract:
    """The peer's document as it is kept in openapi/."""
    document = json.loads((ROOT / "openapi" / "peer-3.9.1.json").read_text())
    schemas = document["components"]["schemas"]
    operations = [
        _operation(method, path, item[method], schemas)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
    return Contract(tuple(operations), schemas)

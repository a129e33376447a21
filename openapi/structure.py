"""Prints the structure of an OpenAPI document, without any prose: `python -m openapi.structure FILE|URL`."""

import argparse
import json
import re
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

Node = dict[str, Any]

_PROSE = {"title", "description", "summary", "example", "examples", "supported_environment_variables", "writeOnly"}
"""What is there to be read; `writeOnly`, too, which the peer says of settings that it answers with."""

_NAMED = {"properties", "patternProperties", "$defs"}
_VERBATIM = {"default", "const", "enum", "required"}
_ZONES = "(every time zone)"
_FILE = re.compile(r"/\w+/.*")


def structure(document: Node) -> Node:
    """Paths, operations, parameters and schemas; nothing that is there to be read."""
    paths = {
        path: {method: _operation(operation) for method, operation in methods.items()}
        for path, methods in document["paths"].items()
    }
    schemas = {name: bare(schema) for name, schema in sorted(document["components"]["schemas"].items())}
    return {"openapi": document["openapi"], "paths": dict(sorted(paths.items())), "components": {"schemas": schemas}}


def _operation(operation: Node) -> Node:
    kept: Node = {key: operation[key] for key in ("operationId", "tags", "deprecated") if key in operation}
    kept["parameters"] = [
        {"name": p["name"], "in": p["in"], "required": p.get("required", False), "schema": bare(p["schema"])}
        for p in operation.get("parameters", [])
    ]
    if (body := operation.get("requestBody")) is not None:
        kept["requestBody"] = {"required": body.get("required", False), "content": _content(body)}
    kept["responses"] = {status: {"content": _content(reply)} for status, reply in operation["responses"].items()}
    return kept


def _content(part: Node) -> Node:
    return {kind: {"schema": bare(content["schema"])} for kind, content in part.get("content", {}).items()}


def bare(schema: Mapping[str, Any]) -> Node:
    """A schema without prose; a pattern that lists all time zones of its machine is shown by a word."""
    kept: Node = {}
    for key, value in schema.items():
        if key in _PROSE:
            continue
        if key in _NAMED:
            kept[key] = {name: bare(part) for name, part in value.items()}
        elif key == "default" and isinstance(value, str) and _FILE.fullmatch(value):
            continue  # where the machine that made the document keeps its files
        elif key in _VERBATIM:
            kept[key] = value
        elif isinstance(value, dict):
            kept[key] = bare(cast("Node", value))
        elif isinstance(value, list):
            parts = cast("list[Any]", value)
            kept[key] = [bare(cast("Node", part)) if isinstance(part, dict) else part for part in parts]
        elif key == "pattern" and "Africa/Abidjan|" in value:
            kept[key] = _ZONES
        else:
            kept[key] = value
    return kept


def read(source: str) -> Node:
    """The document in a file or at an http address."""
    if source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source) as answer:  # noqa: S310  (the developer's own argument)
            return json.load(answer)
    return json.loads(Path(source).read_text(encoding="utf-8"))


def main() -> None:
    """Read the document named on the command line and print its structure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="file or address of an OpenAPI document")
    json.dump(structure(read(parser.parse_args().source)), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

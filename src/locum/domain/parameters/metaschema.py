"""Whether a JSON schema is one, by the metaschema of 2020-12."""

from typing import Any, cast

import jsonschema_rs

_METASCHEMA = jsonschema_rs.Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})


class Malformed(Exception):
    """What is meant to be a schema is none; `reason` says why."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


def require_schema(schema: Any) -> None:
    """Raises Malformed where it is no schema."""
    if isinstance(schema, dict):
        schema = {name: value for name, value in cast("dict[str, Any]", schema).items() if name != "$schema"}
    try:
        found = next(iter(_METASCHEMA.iter_errors(schema)), None)
    except ValueError as error:
        raise Malformed(str(error)) from error
    if found is not None:
        raise Malformed(_words(found))


def _words(error: jsonschema_rs.ValidationError) -> str:
    kind = type(error.kind).__name__
    if kind == "AnyOf":
        return f"{error.instance!r} is not valid under any of the given schemas"
    if kind == "Type":
        # The library puts them in order; the only choice in the metaschema is written "object", "boolean".
        names = ", ".join(repr(name) for name in reversed(error.kind.as_dict().get("types", [])))
        return f"{error.instance!r} is not of type {names}"
    return error.message

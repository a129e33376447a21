"""Says whether values conform to a schema, in the peer's words, whatever schema it is."""

from copy import deepcopy
from typing import Any, cast

from locum.domain.parameters.evaluation import Circular, Evaluation, TooComplex
from locum.domain.parameters.findings import most_telling
from locum.domain.parameters.metaschema import Malformed, require_schema
from locum.domain.parameters.references import Unresolvable

Json = dict[str, Any]


class Mismatch(ValueError):
    """Values do not conform; `reason` is the most telling thing that is wrong."""

    def __init__(self, reason: str, place: str = "$") -> None:
        """`place` is where, as JSONPath."""
        where = "" if place == "$" else f" for field {place.replace('$.', '')!r}"
        super().__init__(f"Validation failed{where}. Failure reason: {reason}")
        self.reason = reason


class CircularSchema(Exception):
    """The schema cannot be used: it goes in circles, or asks for more than can be answered in reasonable time."""


class SchemaInvalid(ValueError):
    """What is meant to be a schema is none."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(f"The provided schema is not a valid json schema. Schema error: {reason}")
        self.reason = reason


def check_schema(schema: Any) -> None:
    """Raises SchemaInvalid where it is no schema."""
    try:
        require_schema(schema)
    except Malformed as error:
        raise SchemaInvalid(error.reason) from error


def first_mismatch(values: Any, schema: Any) -> Mismatch | None:
    """What is wrong with the values, if anything. Raises CircularSchema, SchemaInvalid."""
    check_schema(schema)
    try:
        found = most_telling(Evaluation(schema).findings(schema, values))
    except (TooComplex, Circular, RecursionError) as error:
        raise CircularSchema from error
    except Malformed as error:
        raise SchemaInvalid(error.reason) from error
    except Unresolvable as error:
        return Mismatch(str(error))
    return Mismatch(found.words(), found.place) if found else None


def conform(values: Any, schema: Json, *, partial: bool = False, lenient_null: bool = False) -> None:
    """Raises Mismatch, CircularSchema or SchemaInvalid.

    `partial` values need not have what is required; with `lenient_null` an optional value may be null even where it
    has a default. Schemas as pydantic 1 wrote them are understood.
    """
    schema = modernized(schema, lenient_null=lenient_null)
    if found := first_mismatch(values, without_required(schema) if partial else schema):
        raise found


def conform_strictly(values: Any, schema: Any) -> None:
    """The same for partial values and a schema taken by its letter."""
    if schema is not None and values is not None and (found := first_mismatch(values, without_required(schema))):
        raise found


def without_required(schema: Any) -> Any:
    """The schema without a word of what is required, but in lists: there (`oneOf`) it tells the choices apart."""
    if not isinstance(schema, dict):
        return schema
    parts = cast("Json", schema)
    return {name: without_required(part) for name, part in parts.items() if name != "required"}


def modernized(schema: Json, *, lenient_null: bool = False) -> Json:
    """The schema with what pydantic 1 wrote differently put right: optional values, tuples, references to blocks."""
    schema = deepcopy(schema)
    _modernize_properties(schema, lenient_null)
    definitions = schema.get("definitions")
    if isinstance(definitions, dict):
        known = cast("Json", definitions)
        for part in list(known.values()):
            if not isinstance(part, dict):
                continue
            definition = cast("Json", part)
            _modernize_properties(definition, lenient_null)
            if "block_type_slug" in definition and isinstance(definition.get("title"), str):
                known[definition["title"]] = {"oneOf": [definition, _BLOCK_REFERENCE]}
    return schema


_BLOCK_REFERENCE: Json = {
    "type": "object",
    "properties": {
        "$ref": {
            "oneOf": [
                {"type": "string", "format": "uuid"},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            ]
        }
    },
    "required": ["$ref"],
}


def _modernize_properties(schema: Json, lenient_null: bool) -> None:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return
    required = schema.get("required")
    needed: list[Any] = required if isinstance(required, list) else []  # pyright: ignore[reportUnknownVariableType]
    for name, part in cast("Json", properties).items():
        if not isinstance(part, dict):
            continue
        rules = cast("Json", part)
        kind = rules.get("type")
        optional = name not in needed and ("default" not in rules or lenient_null)
        if optional and "type" in rules and kind != "null":
            rules["anyOf"] = [{"type": rules.pop("type")}, {"type": "null"}]
        items = rules.get("items")
        if isinstance(items, list) and items and not rules.get("prefixItems"):
            rules["prefixItems"] = rules.pop("items")
        _modernize_properties(rules, lenient_null)

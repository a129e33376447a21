"""What is accepted though the document forbids it, and why; any other body that is taken in spite of it is a fault.

The peer takes all of this too: both read bodies with pydantic, which converts where nothing is lost.
"""

from collections.abc import Callable
from typing import Any

from locum.infra.web import Embedded, Operation

Rule = Callable[[Any, Any, Operation], bool]
"""Told an error of a body's schema, the part of the schema that it breaks, and the operation."""

SCALAR = bool | int | float | str


def _means_the_default(error: Any, part: Any, operation: Operation) -> bool:
    reader = operation.signature.body
    if error.instance is not None or reader is None:
        return False
    at_top = len(error.instance_path) == 1 and isinstance(reader.hint, type) and issubclass(reader.hint, Embedded)
    return at_top or (not error.instance_path and reader.optional)


def _is_converted(error: Any, part: Any, operation: Operation) -> bool:
    kinds = {"integer", "number", "boolean"}
    return isinstance(error.instance, SCALAR) and error.kind.name == "type" and kinds.issuperset(error.kind.types)


def _is_a_moment(error: Any, part: Any, operation: Operation) -> bool:
    formats = {"date-time", "date", "time", "duration"}
    return isinstance(error.instance, SCALAR) and part.get("format") in formats


def _is_a_uuid(error: Any, part: Any, operation: Operation) -> bool:
    return isinstance(error.instance, str) and error.kind.name == "format" and part.get("format") == "uuid"


def _is_a_name_to_be_made_up(error: Any, part: Any, operation: Operation) -> bool:
    return not error.instance and list(error.instance_path)[-1:] == ["name"] and operation.path.startswith("/task_runs")


RULES: tuple[tuple[str, Rule], ...] = (
    ("Where the body is made of arguments a null means the default.", _means_the_default),
    ("Scalars stand for one another where they mean the same: 1, 1.0, true and their texts.", _is_converted),
    ("Moments and durations may be numbers, or have other forms than that of the standard.", _is_a_moment),
    ("UUIDs may be written without dashes, in braces or as a URN.", _is_a_uuid),
    ("A false or empty name of a task run asks for one to be made up.", _is_a_name_to_be_made_up),
)


def tolerated(error: Any, schema: Any, operation: Operation) -> bool:
    """Whether this error of a body's schema is one that is let pass; of alternatives, whether one would be."""
    if any(rule(error, _part(schema, error), operation) for _, rule in RULES):
        return True
    branches: list[Any] = getattr(error.kind, "context", None) or []
    return any(all(tolerated(inner, schema, operation) for inner in branch) for branch in branches)


def _part(schema: Any, error: Any) -> Any:
    for step in list(error.schema_path)[:-1]:
        schema = schema[step]
    return schema

"""Unions whose members say by their `type` what they are: only the one that is meant is looked at.

Trying every member, as pydantic does by itself, takes exponential time on nested triggers, and what is wrong would be
said once for each member. The document is that of the plain union.
"""

from collections.abc import Sequence
from typing import Any, cast, get_args

from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

Kind = type[BaseModel]


class ByType:
    """Marks such a union."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate by the kind meant, and serialize and describe as the union would."""
        kinds: tuple[Kind, ...] = get_args(source)

        def validated(value: Any, _union: ValidatorFunctionWrapHandler) -> BaseModel:
            return value if isinstance(value, kinds) else _meant(value, kinds).model_validate(value)

        return core_schema.no_info_wrap_validator_function(validated, handler(source))


def _meant(value: Any, kinds: Sequence[Kind]) -> Kind:
    """The kind that a value is of. Raises ValidationError where it names none of them."""
    if not isinstance(value, dict):
        return kinds[0]
    given = cast("dict[str, Any]", value)
    if "type" not in given:
        return max(kinds, key=lambda kind: _fits(kind, given))
    named = next((kind for kind in kinds if _name(kind) == given["type"]), None)
    if named is None:
        names = [repr(_name(kind)) for kind in kinds]
        expected = f"{', '.join(names[:-1])} or {names[-1]}"
        problem = InitErrorDetails(type="literal_error", loc=("type",), input=given["type"], ctx={"expected": expected})
        raise ValidationError.from_exception_data("type", [problem])
    return named


def _name(kind: Kind) -> str:
    return kind.model_fields["type"].default


def _fits(kind: Kind, given: dict[str, Any]) -> tuple[bool, int]:
    """How well a kind fits what says no type: whether it lacks nothing, and how much of what is given it knows."""
    fields = kind.model_fields
    complete = all(name in given for name, field in fields.items() if field.is_required())
    return complete, len(fields.keys() & given.keys())

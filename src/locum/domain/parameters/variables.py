"""Job variables: what a work pool's template says of them, held against what deployments and runs give."""

from collections.abc import Iterator, Mapping
from typing import Any, cast
from uuid import UUID

from locum.domain.errors import NotFound
from locum.domain.parameters.checking import Json, check_schema, conform, first_mismatch, without_required

Blocks = Mapping[UUID, Json]
"""The data of block documents by id."""


def wanted_blocks(template: Any) -> set[UUID]:
    """The block documents that a base job template's defaults refer to."""
    told = (_referred(default) for _, default in _defaults(_part(template, "variables")))
    return {document_id for one in told if (document_id := _id(one)) is not None}


def check_job_variables(template: Any, *given: Any, blocks: Blocks, partial: bool, trust_defaults: bool = True) -> None:
    """Raises Mismatch, CircularSchema or SchemaInvalid where the variables do not conform to a base job template.

    Later ones replace earlier ones, all replace the template's defaults. `partial` ones need not be complete; with
    `trust_defaults` a default that does not conform counts as none, and completeness is then not asked for.
    A default that refers to a block is its data. Raises NotFound where it is not among the `blocks`.
    """
    variables = _part(template, "variables")
    if not variables:
        return
    check_schema(variables)
    values, all_sound = _known_defaults(variables, blocks, keep_all=not trust_defaults)
    for more in given:
        if isinstance(more, dict):
            values |= cast("Json", more)
    conform(values, variables, partial=partial or not all_sound, lenient_null=True)


def _known_defaults(variables: Json, blocks: Blocks, *, keep_all: bool) -> tuple[Json, bool]:
    """The defaults that conform, and whether all do; a reference that names no block is no default."""
    found: Json = {}
    all_sound = True
    loose = without_required(variables)
    for name, default in _defaults(variables):
        value = default
        if _is_reference(default):
            told = _referred(default)
            if told is None:
                continue
            value = _data(told, blocks)
        if not keep_all and first_mismatch({name: value}, loose):
            all_sound = False
            continue
        found[name] = value
    return found, all_sound


def _defaults(variables: Json) -> Iterator[tuple[str, Any]]:
    for name, rules in _part(variables, "properties").items():
        if isinstance(rules, dict) and "default" in rules:
            yield name, cast("Json", rules)["default"]


def _is_reference(default: Any) -> bool:
    return isinstance(default, dict) and "$ref" in default


def _referred(default: Any) -> Any:
    """The block that a default names, whatever it is named by; None where it names none."""
    return _part(default, "$ref").get("block_document_id")


def _data(told: Any, blocks: Blocks) -> Json:
    document_id = _id(told)
    if document_id is None or document_id not in blocks:
        raise NotFound("Block not found.")
    return blocks[document_id]


def _id(told: Any) -> UUID | None:
    try:
        return UUID(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _part(parts: Any, name: str) -> Json:
    found = cast("Json", parts).get(name) if isinstance(parts, dict) else None
    return cast("Json", found) if isinstance(found, dict) else {}

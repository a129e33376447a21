"""Refuses parameters and job variables that do not conform, in the words that each operation has for it."""

from collections.abc import Mapping
from typing import Any, cast

import orjson

from locum.domain.errors import BadRequest, Conflict, Invalid
from locum.domain.parameters import (
    CircularSchema,
    FillingError,
    Mismatch,
    SchemaInvalid,
    conform,
    fill,
    wanted_variables,
)
from locum.features.variables import store as variables
from locum.features.work_pools.job_templates import CIRCULAR
from locum.infra.db import Executor

NO_SCHEMA = (
    "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the "
    "deployment does not have a valid parameter schema."
)

Json = Mapping[str, Any]


async def variables_in(ex: Executor, values: Any) -> Mapping[str, Any]:
    """The variables that values ask for by name; nothing is read where they ask for none."""
    names = wanted_variables(values)
    return await variables.values_of(ex, names) if names else {}


def filled(parameters: dict[str, Any], what: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with values filled in. Raises BadRequest where they cannot be, saying whose they are."""
    try:
        return fill(parameters, known)
    except FillingError as error:
        raise BadRequest(f"Error hydrating {what} parameters: {error}") from error


def require_parameters(parameters: Any, schema: Any, doing: str, *, partial: bool) -> None:
    """Raises Conflict where parameters do not conform to a schema, Invalid where that is of no use."""
    if not isinstance(schema, dict):
        raise Conflict(NO_SCHEMA)
    try:
        conform(parameters, cast("dict[str, Any]", schema), partial=partial)
    except CircularSchema as error:
        raise Invalid(CIRCULAR) from error
    except SchemaInvalid as error:
        raise Invalid(str(error)) from error
    except Mismatch as error:
        raise Conflict(f"Error {doing}: {error}") from error


def require_changed_job_variables(template: str | None, given: Any) -> None:
    """Raises Conflict where job variables do not conform to a base job template (JSON text), looking at them alone.

    Like the peer, a change of a deployment never looks at the template's defaults.
    """
    variables = orjson.loads(template or "{}").get("variables")
    if not isinstance(variables, dict) or given is None:
        return
    try:
        conform(given, cast("dict[str, Any]", variables), partial=True)
    except CircularSchema as error:
        raise Invalid(CIRCULAR) from error
    except SchemaInvalid as error:
        raise Invalid(str(error)) from error
    except Mismatch as error:
        raise Conflict(f"Error creating deployment: <ValidationError: {error.reason!r}>") from error

"""Parameters and job variables: values filled in, then held against a JSON schema; every answer within a budget."""

from locum.domain.parameters.checking import (
    CircularSchema,
    Mismatch,
    SchemaInvalid,
    check_schema,
    conform,
    conform_strictly,
    first_mismatch,
)
from locum.domain.parameters.deferred import problems_in
from locum.domain.parameters.filling import FillingError, fill, wanted_variables
from locum.domain.parameters.reporting import report
from locum.domain.parameters.templates import TemplateInvalid
from locum.domain.parameters.templates import check as check_template
from locum.domain.parameters.variables import Blocks, check_job_variables, wanted_blocks

__all__ = [
    "Blocks",
    "CircularSchema",
    "FillingError",
    "Mismatch",
    "SchemaInvalid",
    "TemplateInvalid",
    "check_job_variables",
    "check_schema",
    "check_template",
    "conform",
    "conform_strictly",
    "fill",
    "first_mismatch",
    "problems_in",
    "report",
    "wanted_blocks",
    "wanted_variables",
]

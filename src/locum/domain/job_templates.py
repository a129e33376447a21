"""Base job templates of work pools: whether what the job asks for is declared."""

import json
import re
from typing import Any, cast

_PLACEHOLDER = re.compile(r"\{\{\s*([\w.\-\[\]$]+)\s*\}\}")


def check_base_job_template(template: dict[str, Any]) -> dict[str, Any]:
    """The template itself. Raises ValueError where it lacks a part, or its job uses an undeclared variable."""
    if not template:
        return template
    configuration, variables = template.get("job_configuration"), template.get("variables")
    if not configuration or not variables:
        raise ValueError("The `base_job_template` must contain both a `job_configuration` key and a `variables` key.")
    if not isinstance(configuration, dict) or not isinstance(variables, dict):
        raise ValueError("`job_configuration` and `variables` must be objects.")  # noqa: TRY004 - a refusal, for pydantic
    properties = cast("dict[str, Any]", variables).get("properties", {})
    declared = set(cast("dict[str, Any]", properties)) if isinstance(properties, dict) else set[str]()
    asked = set(_PLACEHOLDER.findall(json.dumps(list(cast("dict[str, Any]", configuration).values()))))
    missing = sorted(asked - declared)
    if missing:
        raise ValueError(
            "The variables specified in the job configuration template must be present as properties in the "
            "variables schema. Your job configuration uses the following undeclared variable(s): "
            f"{' ,'.join(missing)}."
        )
    return template

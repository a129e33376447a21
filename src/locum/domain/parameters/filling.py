"""Fills in values that are given as `{"__prefect_kind": ...}`: JSON text, templates, variables."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from locum.domain.parameters.templates import TemplateInvalid, render

KIND = "__prefect_kind"
_DEPTH = 200

Json = dict[str, Any]


class FillingError(ValueError):
    """A value cannot be filled in."""


class _Left:
    """Stands for a value that is left out, since it says nothing yet."""


_LEFT_OUT = _Left()


@dataclass
class Filling:
    """Fills in the values of one request."""

    variables: Mapping[str, Any]

    def filled(self, values: Json) -> Json:
        """All values filled in; those that say nothing yet are left out. Raises FillingError."""
        found = self.value(values)
        return {} if found is _LEFT_OUT else found

    def value(self, given: Any, depth: int = 0) -> Any:
        """A value with everything in it filled in. Raises FillingError."""
        if depth > _DEPTH:
            raise FillingError("The values are nested too deeply.")
        if isinstance(given, list):
            values = (self.value(each, depth + 1) for each in cast("list[Any]", given))
            return [each for each in values if each is not _LEFT_OUT]
        if not isinstance(given, dict):
            return given
        parts = cast("Json", given)
        if KIND in parts:
            return self.special(parts, depth)
        pairs = ((name, self.value(each, depth + 1)) for name, each in parts.items())
        return {name: each for name, each in pairs if each is not _LEFT_OUT}

    def special(self, parts: Json, depth: int) -> Any:
        """What a special value stands for."""
        match parts[KIND]:
            case "none":
                if "value" not in parts:
                    raise _missing("value")
                return self.value(parts["value"], depth + 1)
            case "json":
                return self.json(parts, depth)
            case "jinja":
                return self.template(parts, depth)
            case "workspace_variable":
                return self.variable(parts, depth)
            case _:
                return parts.get("value")

    def json(self, parts: Json, depth: int) -> Any:
        """What JSON text says."""
        if "value" not in parts:
            return _LEFT_OUT
        text = self.inner(parts["value"], depth)
        if not isinstance(text, str):
            return text
        try:
            return json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise FillingError(f"Invalid JSON: {error}") from error

    def template(self, parts: Json, depth: int) -> Any:
        """What becomes of a template."""
        if "template" not in parts:
            raise _missing("template")
        text = self.inner(parts["template"], depth)
        if not isinstance(text, str):
            return text
        try:
            return self.made_of(text)
        except TemplateInvalid as error:
            raise FillingError(f"Invalid jinja: {error}") from error

    def made_of(self, template: str) -> Any:
        """What a template makes of nothing. Raises TemplateInvalid."""
        return render(template, {})

    def variable(self, parts: Json, depth: int) -> Any:
        """The value of a variable."""
        if "variable_name" not in parts:
            return _LEFT_OUT
        name = self.inner(parts["variable_name"], depth)
        if not isinstance(name, str) or name not in self.variables:
            raise FillingError(f"Variable {name!r} not found in workspace.")
        return self.variables[name]

    def inner(self, given: Any, depth: int) -> Any:
        """A part of a special value, which may be special itself."""
        return self.value(given, depth + 1) if isinstance(given, dict) else given


def _missing(name: str) -> FillingError:
    return FillingError(f"Missing '{name}' key in __prefect object")


def fill(values: Json, variables: Mapping[str, Any]) -> Json:
    """The values with everything filled in; those that say nothing yet are left out. Raises FillingError."""
    return Filling(variables).filled(values)


def wanted_variables(values: Any) -> set[str]:
    """The names of the variables that the values ask for by name."""
    return {name for name in _variable_names(values) if isinstance(name, str)}


def _variable_names(values: Any) -> Iterator[Any]:
    waiting = [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            parts = cast("Json", value)
            if parts.get(KIND) == "workspace_variable":
                yield parts.get("variable_name")
            waiting += parts.values()
        elif isinstance(value, list):
            waiting += cast("list[Any]", value)

"""Values to be filled in later, by what will be known then: what is wrong with them already now."""

from collections.abc import Mapping
from typing import Any, cast

from locum.domain.parameters.filling import KIND, Filling, FillingError, Json
from locum.domain.parameters.templates import check


class _Later:
    """Stands for what is not known yet."""


_LATER = _Later()


class _Looking(Filling):
    """Goes through values as if to fill them in; what is wrong stands in the place of the value."""

    def value(self, given: Any, depth: int = 0) -> Any:
        """The value, or the FillingError. Lists are passed over, as the peer does (docs/quirks.md)."""
        if isinstance(given, list):
            return _LATER
        try:
            return super().value(given, depth)
        except FillingError as error:
            return error

    def made_of(self, template: str) -> Any:
        """Nothing yet, if it is a template."""
        check(template)
        return _LATER

    def variable(self, parts: Json, depth: int) -> Any:
        """Nothing yet."""
        return _LATER


def problems_in(values: Json) -> dict[str, str]:
    """What is wrong by the path of the value (`a.b`), in the order of the values."""
    return dict(_problems(_Looking({}).value(_spelled_out(values)), ""))


def _spelled_out(values: Json) -> Json:
    """The values, with texts that look like templates written as what they are."""
    found: Json = {}
    for name, value in values.items():
        if isinstance(value, str) and ("{{" in value or "{%" in value):
            found[name] = {KIND: "jinja", "template": value}
        elif isinstance(value, dict) and KIND not in value:
            found[name] = _spelled_out(cast("Json", value))
        else:
            found[name] = value
    return found


def _problems(value: Any, place: str) -> list[tuple[str, str]]:
    if isinstance(value, FillingError):
        return [(place, str(value))]
    if not isinstance(value, Mapping):
        return []
    inner = cast("Mapping[str, Any]", value).items()
    return [found for name, one in inner for found in _problems(one, f"{place}.{name}" if place else str(name))]

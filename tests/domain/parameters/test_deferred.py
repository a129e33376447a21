"""What is wrong with values that are to be filled in later."""

from typing import Any

import pytest

from locum.domain.parameters import problems_in

KIND = "__prefect_kind"


def _special(kind: str, **parts: Any) -> dict[str, Any]:
    return {KIND: kind, **parts}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"a": 1, "b": None, "c": "text", "d": {"e": []}},
        {"a": "{{ x }}", "b": "no {{ y }} more", "c": {"d": "{% if a %}b{% endif %}"}},
        {"a": _special("jinja", template="{{ x }}"), "b": _special("json", value="[1]"), "c": _special("json")},
        {"a": _special("workspace_variable", variable_name="not_there"), "b": _special("workspace_variable")},
        {"a": _special("json", value=_special("jinja", template="{{ x | tojson }}"))},
        {"a": ["{{ x", _special("jinja")]},
        _special("json", value="[1]"),
    ],
)
def test_nothing_is_wrong(values: dict[str, Any]):
    assert problems_in(values) == {}


def test_all_is_told_by_path():
    found = problems_in(
        {
            "a": "{{ x",
            "b": {"c": {"d": _special("jinja")}},
            "e": _special("none", value={"f": _special("none")}),
            "g": _special("json", value="{"),
        }
    )
    assert list(found) == ["a", "b.c.d", "e.f", "g"]
    assert found["a"].startswith("Invalid jinja: unexpected end of template")
    assert found["b.c.d"] == "Missing 'template' key in __prefect object"
    assert found["e.f"] == "Missing 'value' key in __prefect object"
    assert found["g"].startswith("Invalid JSON: ")


def test_values_that_are_special_as_a_whole():
    assert problems_in(_special("jinja")) == {"": "Missing 'template' key in __prefect object"}

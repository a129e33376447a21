"""All that is wrong with values, as a tree."""

from typing import Any

import pytest

from locum.domain.parameters import CircularSchema, SchemaInvalid, report

WORD: dict[str, Any] = {"properties": {"a": {"type": "string"}}}


def _kind(kind: str, **parts: Any) -> dict[str, Any]:
    return {"a": {"__prefect_kind": kind, **parts}}


@pytest.mark.parametrize(
    "values",
    [{}, {"a": "x"}, {"a": None}, _kind("jinja", template="{{ x }}"), _kind("json"), _kind("json", value='"x"')],
)
def test_nothing_is_wrong(values: dict[str, Any]):
    assert report(values, WORD, {}) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (_kind("none"), "Missing 'value' key in __prefect object"),
        (_kind("jinja"), "Missing 'template' key in __prefect object"),
        (_kind("workspace_variable", variable_name="v"), "Variable 'v' not found in workspace."),
        (
            _kind("json", value="{"),
            "Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
    ],
)
def test_what_cannot_be_filled_in_is_told_alone(values: dict[str, Any], words: str):
    assert report(values, WORD, {}) == [{"property": "a", "errors": [words]}]


def test_bad_templates_are_told():
    (found,) = report(_kind("jinja", template="{{ x"), WORD, {})
    assert found["errors"][0].startswith("Invalid jinja: ")


def test_parts_of_a_part_lie_together():
    schema = {"properties": {"o": {"required": ["x", "y"], "properties": {"y": {"type": "integer"}}}}}
    assert report({"o": {"y": "z"}}, schema, {}) == [
        {
            "property": "o",
            "errors": [
                {"property": "x", "errors": ["'x' is a required property"]},
                {"property": "y", "errors": ["'z' is not of type 'integer'"]},
            ],
        }
    ]


def test_schemas_of_no_use():
    with pytest.raises(CircularSchema):
        report({}, {"$ref": "#"}, {})
    with pytest.raises(SchemaInvalid):
        report({}, {"$ref": "#/nowhere"}, {})
    with pytest.raises(SchemaInvalid):
        report({}, {"type": "thing"}, {})

"""Values held against schemas: what is told, and that no schema takes long."""

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.domain.parameters import (
    CircularSchema,
    FillingError,
    Mismatch,
    SchemaInvalid,
    check_job_variables,
    check_schema,
    conform,
    fill,
    first_mismatch,
)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer"}, "word": {"type": "string", "default": "w"}, "free": {"type": "string"}},
}
TEMPLATE: dict[str, Any] = {
    "variables": {
        "type": "object",
        "required": ["cpu"],
        "properties": {"cpu": {"type": "integer", "minimum": 1}, "command": {"type": "string", "default": "run"}},
    }
}


def _told(values: Any, schema: Any, **how: Any) -> str:
    with pytest.raises(Mismatch) as caught:
        conform(values, schema, **how)
    return str(caught.value)


class TestConform:
    def test_what_conforms(self):
        conform({"n": 1}, SCHEMA)
        conform({"n": 1.0, "word": "x", "more": None}, SCHEMA)
        conform({"n": 1, "free": None}, SCHEMA)

    def test_partial(self):
        conform({}, SCHEMA, partial=True)
        assert _told({}, SCHEMA) == "Validation failed. Failure reason: 'n' is a required property"

    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({"n": "x"}, "'x' is not of type 'integer'"),
            ({"n": True}, "True is not of type 'integer'"),
            ({"n": 1, "word": None}, "None is not of type 'string'"),
            ({"n": 1, "free": 5}, "5 is not valid under any of the given schemas"),
        ],
    )
    def test_words(self, values: Any, told: str):
        assert _told(values, SCHEMA).endswith(told)

    @pytest.mark.parametrize(
        ("schema", "value", "told"),
        [
            ({"enum": ["a", 1]}, True, "True is not one of ['a', 1]"),
            ({"const": 1}, 2, "1 was expected"),
            ({"minimum": 3}, 2, "2 is less than the minimum of 3"),
            ({"exclusiveMaximum": 3}, 3, "3 is greater than or equal to the maximum of 3"),
            ({"multipleOf": 3}, 4, "4 is not a multiple of 3"),
            ({"minLength": 1}, "", "'' should be non-empty"),
            ({"maxItems": 1}, [1, 2], "[1, 2] is too long"),
            ({"uniqueItems": True}, [1, 1], "[1, 1] has non-unique elements"),
            ({"pattern": "^a"}, "b", "'b' does not match '^a'"),
            ({"not": {}}, 1, "1 should not be valid under {}"),
            ({"oneOf": [{}, {"type": "integer"}]}, 1, "1 is valid under each of {'type': 'integer'}, {}"),
            ({"items": {"type": "string"}}, ["a", 1], "1 is not of type 'string'"),
            ({"additionalProperties": False}, {"a": 1}, "Additional properties are not allowed ('a' was unexpected)"),
            ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "'b' is a dependency of 'a'"),
            ({"if": {"type": "integer"}, "then": {"minimum": 2}}, 1, "1 is less than the minimum of 2"),
        ],
    )
    def test_keywords(self, schema: Any, value: Any, told: str):
        found = first_mismatch(value, schema)
        assert found is not None
        assert found.reason == told

    def test_references(self):
        schema = {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"$anchor": "x", "type": "string"}}}
        assert first_mismatch("x", schema) is None
        assert first_mismatch(1, {"$ref": "#x", **{k: v for k, v in schema.items() if k != "$ref"}}) is not None


class TestSchemas:
    """What is meant to be a schema may be none."""

    def test_told_as_the_metaschema_has_it(self):
        with pytest.raises(SchemaInvalid, match=r"'text' is not of type 'object', 'boolean'$"):
            check_schema({"properties": {"a": "text"}})


class TestBounds:
    """A schema may say anything; the answer comes soon."""

    @pytest.mark.parametrize(
        "schema",
        [
            {"$ref": "#"},
            {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
            {
                "$ref": "#/$defs/d0",
                "$defs": {
                    **{f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)},
                    "d40": {"type": "string"},
                },
            },
        ],
    )
    def test_circles_and_explosions(self, schema: Any):
        began = time.perf_counter()
        with pytest.raises(CircularSchema):
            conform({}, schema)
        assert time.perf_counter() - began < 2

    def test_explosion_along_the_value(self):
        schema = {"properties": {"x": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "additionalProperties": False}
        value: Any = {"y": 1}
        for _ in range(40):
            value = {"x": value}
        with pytest.raises(CircularSchema):
            conform(value, schema)

    @pytest.mark.parametrize(
        "reference", ["http://127.0.0.1:1/x", "file:///etc/passwd", "other.json#/a", "#/nowhere", "#no"]
    )
    def test_nothing_is_fetched(self, reference: str):
        assert "Failure reason" in _told({}, {"$ref": reference})

    def test_patterns_cannot_run_away(self):
        began = time.perf_counter()
        assert first_mismatch("a" * 60 + "!", {"pattern": "^(a+)+$"}) is not None
        first_mismatch("a" * 60 + "!", {"pattern": r"^(?=(a+)+$)\1b"})
        assert time.perf_counter() - began < 2

    @pytest.mark.parametrize(
        "schema", [{"type": "nonsense"}, {"properties": []}, {"required": "x"}, {"$ref": 5}, {"anyOf": {}}]
    )
    def test_what_is_no_schema(self, schema: Any):
        with pytest.raises(SchemaInvalid):
            conform({}, schema)

    def test_a_reference_to_what_is_no_schema(self):
        with pytest.raises(SchemaInvalid):
            conform({}, {"$ref": "#/default", "default": {"type": 5}})

    @given(
        schema=st.recursive(
            st.dictionaries(st.sampled_from(["type", "enum", "minimum", "items", "$ref"]), st.text() | st.integers()),
            lambda inner: st.dictionaries(
                st.sampled_from(["properties", "anyOf", "allOf", "not", "items", "required", "definitions"]),
                inner | st.lists(inner) | st.dictionaries(st.text(), inner),
            ),
            max_leaves=8,
        ),
        value=st.recursive(
            st.none() | st.integers() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)
        ),
    )
    def test_any_schema_has_an_answer(self, schema: Any, value: Any):
        with contextlib.suppress(Mismatch, CircularSchema, SchemaInvalid):
            conform(value, schema)


class TestJobVariables:
    def test_later_ones_replace_earlier_ones(self):
        check_job_variables(TEMPLATE, {"cpu": "x"}, {"cpu": 2}, blocks={}, partial=False)

    def test_partial(self):
        check_job_variables(TEMPLATE, {}, blocks={}, partial=True)
        with pytest.raises(Mismatch):
            check_job_variables(TEMPLATE, {}, blocks={}, partial=False)

    def test_a_default_that_does_not_conform_counts_as_none(self):
        properties = {**TEMPLATE["variables"]["properties"], "command": {"type": "string", "default": 5}}
        template = {"variables": {**TEMPLATE["variables"], "properties": properties}}
        check_job_variables(template, {}, blocks={}, partial=False)


class TestFill:
    def test_loops_and_text(self):
        template = "{% for a in range(3) %}{{ a ~ '-' }}{% else %}none{% endfor %}{{ 'ab'.replace('a', 'c') | upper }}"
        filled = fill({"t": {"__prefect_kind": "jinja", "template": template}}, {})
        assert filled == {"t": "0-1-2-CB"}

    def test_values(self):
        given_values = {
            "j": {"__prefect_kind": "json", "value": "[1]"},
            "n": {"__prefect_kind": "none", "value": {"a": 1}},
            "t": {"__prefect_kind": "jinja", "template": "{{ 1 + 1 }}"},
            "v": {"__prefect_kind": "workspace_variable", "variable_name": "x"},
            "later": {"__prefect_kind": "json"},
            "plain": [1, {"a": None}],
        }
        filled = fill(given_values, {"x": 9})
        assert filled == {"j": [1], "n": {"a": 1}, "t": "2", "v": 9, "plain": [1, {"a": None}]}

    @pytest.mark.parametrize(
        "template",
        [
            "{{ 'x' * 10**12 }}",
            "{{ 9**9**9 }}",
            "{% for a in range(1000000) %}x{% endfor %}",
            "{% for a in range(100) %}{% for b in range(100) %}{{ 'xxxxxxxxxx' * 100 }}{% endfor %}{% endfor %}",
            "{{ ''.__class__.__mro__ }}{{ cycler.__init__.__globals__ }}",
            "{% for a in b",
            "{{ '%1000000000d' % 1 }}",
            "{{ '{:1000000000}'.format(1) }}",
            "{{ 'x'.ljust(10**10) }}",
            "{% set a = 'xxxxxxxxxxxxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 100 + "{{ a | length }}",
            "{% set a = 'xxxxxxxxxxxxxxxxxxxx' %}" + "{% set a = a + a %}" * 100 + "{{ a | length }}",
            "{% set a = 'x' * 9999 %}{% for b in a %}{% for c in a %}{% endfor %}{% endfor %}",
            "{% set a = 'x' * 9999 %}{{ a | replace('x', a) | length }}{{ a.replace('x', a) | length }}",
            "{{ a.join(a) | length }}{{ 1 | round(10**9) }}{{ [1] | batch(10**9, 2) | list | length }}",
            "{% macro f(n) %}{{ f(n - 1) }}{{ f(n - 1) }}{% endmacro %}{{ f(90) }}",
            "{% for a in range(50) recursive %}{{ loop(range(50)) }}{% endfor %}",
        ],
    )
    def test_templates_are_bounded(self, template: str):
        began = time.perf_counter()
        try:
            filled = fill({"t": {"__prefect_kind": "jinja", "template": template}}, {})
        except FillingError:
            filled = {"t": ""}
        assert len(str(filled["t"])) < 1000
        assert time.perf_counter() - began < 2

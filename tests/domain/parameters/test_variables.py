"""Job variables against templates whose defaults refer to blocks."""

import contextlib
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.domain.errors import NotFound
from locum.domain.parameters import CircularSchema, Mismatch, SchemaInvalid, check_job_variables, wanted_blocks

BLOCK, OTHER = UUID(int=1), UUID(int=2)


def _reference(identity: Any) -> dict[str, Any]:
    return {"$ref": {"block_document_id": identity}}


def _template(default: Any, **rules: Any) -> dict[str, Any]:
    engine = {"type": "object", **rules, "default": default}
    return {"variables": {"type": "object", "required": ["engine"], "properties": {"engine": engine, "cpu": {}}}}


class TestWantedBlocks:
    def test_of_defaults_alone(self):
        template = _template(_reference(str(BLOCK)), examples=[_reference(str(OTHER))])
        template["job_configuration"] = _reference(str(OTHER))
        assert wanted_blocks(template) == {BLOCK}

    @pytest.mark.parametrize(
        "default", [None, "x", [], {}, {"$ref": "x"}, {"$ref": {}}, _reference(5), _reference("x")]
    )
    def test_none(self, default: Any):
        assert wanted_blocks(_template(default)) == set()


class TestDefaults:
    def test_a_reference_is_the_data_of_its_block(self):
        template = _template(_reference(str(BLOCK)), required=["host"])
        check_job_variables(template, {}, blocks={BLOCK: {"host": "h"}}, partial=False)
        with pytest.raises(Mismatch, match="not of type 'object'"):
            check_job_variables(template, {"engine": 1}, blocks={BLOCK: {"host": "h"}}, partial=False)

    def test_data_that_do_not_conform_are_told_or_count_as_none(self):
        template = _template(_reference(str(BLOCK)), maxProperties=1)
        blocks = {BLOCK: {"a": 1, "b": 2}}
        check_job_variables(template, {}, blocks=blocks, partial=False)
        with pytest.raises(Mismatch):
            check_job_variables(template, blocks=blocks, partial=True, trust_defaults=False)

    @pytest.mark.parametrize("identity", [str(OTHER), "x", 5])
    def test_a_missing_block(self, identity: Any):
        with pytest.raises(NotFound, match="Block not found"):
            check_job_variables(_template(_reference(identity)), {"engine": {}}, blocks={BLOCK: {}}, partial=True)

    @pytest.mark.parametrize("default", [{"$ref": {}}, {"$ref": "x"}, _reference(None)])
    def test_a_reference_to_nothing_is_no_default(self, default: Any):
        template = _template(default)
        check_job_variables(template, blocks={}, partial=True, trust_defaults=False)
        with pytest.raises(Mismatch, match="'engine' is a required property"):
            check_job_variables(template, {}, blocks={}, partial=False)

    def test_what_is_no_schema_is_told_before_a_missing_block(self):
        with pytest.raises(SchemaInvalid):
            check_job_variables(_template(_reference(str(OTHER)), type="strange"), blocks={}, partial=True)

    def test_choices_are_told_apart_by_what_they_require(self):
        engine = {"title": "Engine", "type": "object", "required": ["host"], "block_type_slug": "engine"}
        template = _template(_reference(str(BLOCK)), allOf=[{"$ref": "#/definitions/Engine"}])
        template["variables"]["definitions"] = {"Engine": engine}
        check_job_variables(template, blocks={BLOCK: {"host": "h"}}, partial=True, trust_defaults=False)
        with pytest.raises(Mismatch):
            check_job_variables(template, blocks={BLOCK: {}}, partial=True, trust_defaults=False)

    @given(
        template=st.recursive(
            st.sampled_from([None, 5, "x", str(BLOCK), _reference(str(BLOCK)), _reference("x")]),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["variables", "properties", "a", "default", "$ref"]), inner)
            ),
            max_leaves=12,
        )
    )
    def test_any_template_has_an_answer(self, template: Any):
        assert wanted_blocks(template) <= {BLOCK}
        with contextlib.suppress(Mismatch, CircularSchema, SchemaInvalid, NotFound):
            check_job_variables(template, {}, blocks={}, partial=False)

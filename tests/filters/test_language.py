"""How criteria are declared."""

import pytest
from pydantic import Field, ValidationError

from locum.filters.fields import Ids, Texts
from locum.filters.flow_runs import FlowRunFilter, FlowRunFilterStartTime
from locum.filters.language import Criterion
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow


class TestDeclarations:
    def test_a_field_that_is_no_operator_is_refused_at_import(self):
        with pytest.raises(TypeError, match="no such operator"):

            class _Wrong(Criterion, on=flow.c.id):  # pyright: ignore[reportUnusedClass]
                near_: str | None = Field(default=None)

    def test_an_expression_for_a_field_that_is_not_there_is_refused_at_import(self):
        with pytest.raises(TypeError, match="has no field"):

            class _Wrong(Texts, on=flow.c.name, is_null_=flow.c.id):  # pyright: ignore[reportUnusedClass]
                pass

    def test_a_field_may_look_elsewhere(self):
        looks_at = {term.field: term.on for term in FlowRunFilterStartTime.terms}
        assert looks_at["is_null_"] is flow_run.c.start_time
        assert looks_at["before_"] is flow_run.c.effective_start

    def test_mixins_have_no_terms_of_their_own(self):
        assert Ids.terms == ()


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            '{"nam": {}}',
            '{"name": {"near_": "x"}}',
            '{"operator": null}',
            '{"operator": "xor_"}',
            '{"id": {"any_": [1]}}',
        ],
    )
    def test_what_the_contract_does_not_know_is_refused(self, body: str):
        with pytest.raises(ValidationError):
            FlowRunFilter.model_validate_json(body)

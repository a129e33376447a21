"""What is taken for a trigger or an action, and what is told of what is not."""

import time
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from locum.domain.ids import new_id
from locum.features.automations.schemas.actions import Action
from locum.features.automations.schemas.triggers import CompoundTrigger, EventTrigger, Trigger

TRIGGER: TypeAdapter[Trigger] = TypeAdapter(Trigger)
ACTION: TypeAdapter[Action] = TypeAdapter(Action)
EVENT: dict[str, Any] = {"type": "event", "posture": "Reactive"}
SOME = str(new_id())


def _problems(adapter: TypeAdapter[Any], value: Any) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as raised:
        adapter.validate_python(value)
    return [(problem["loc"], problem["msg"]) for problem in raised.value.errors()]


class TestTriggers:
    @pytest.mark.parametrize(
        ("given", "seconds"), [(5, 5), (0.5, 0.5), ("PT1M", 60), ("P1D", 86400), ("01:00:00", 3600)]
    )
    def test_lengths_of_time(self, given: Any, seconds: float):
        trigger = TRIGGER.validate_python({**EVENT, "within": given})
        assert trigger.within == timedelta(seconds=seconds)
        assert trigger.model_dump(mode="json")["within"] == seconds

    @pytest.mark.parametrize("given", [{}, {"within": 0}])
    def test_absence_takes_ten_seconds(self, given: dict[str, Any]):
        trigger = TRIGGER.validate_python({**EVENT, "posture": "Proactive", **given})
        assert trigger.within == timedelta(seconds=10)

    def test_absence_takes_no_less(self):
        ((place, words),) = _problems(TRIGGER, {**EVENT, "posture": "Proactive", "within": 9})
        assert (place, "10 seconds" in words) == ((), True)

    def test_only_the_kind_named_is_told_of(self):
        inner = {"type": "sequence", "within": 1, "triggers": [EVENT, {"type": "event", "posture": "Metric"}]}
        ((place, words),) = _problems(TRIGGER, {"type": "compound", "require": 1, "within": 1, "triggers": [inner]})
        assert place == ("triggers", 0, "triggers", 1, "posture")
        assert words == "Input should be 'Reactive' or 'Proactive'"

    @pytest.mark.parametrize("kind", ["metric", None, 1])
    def test_other_kinds(self, kind: Any):
        assert _problems(TRIGGER, {**EVENT, "type": kind}) == [
            (("type",), "Input should be 'event', 'compound' or 'sequence'")
        ]

    @pytest.mark.parametrize("given", [None, "x", 1, []])
    def test_what_is_no_object(self, given: Any):
        ((place, _),) = _problems(TRIGGER, given)
        assert place == ()

    @pytest.mark.parametrize(
        ("given", "kind"),
        [
            ({"posture": "Reactive"}, "event"),
            ({"triggers": [], "within": 1}, "sequence"),
            ({"triggers": [], "within": 1, "require": "any"}, "compound"),
        ],
    )
    def test_the_kind_that_fits(self, given: dict[str, Any], kind: str):
        assert TRIGGER.validate_python(given).type == kind

    @pytest.mark.parametrize("require", [0, -1, 2, "some"])
    def test_what_cannot_be_required(self, require: Any):
        whole = {"type": "compound", "triggers": [EVENT], "within": 1}
        assert TRIGGER.validate_python({**whole, "require": 1})
        assert _problems(TRIGGER, {**whole, "require": require})

    def test_names_are_in_order(self):
        trigger = TRIGGER.validate_python({**EVENT, "expect": ["b", "c", "a", "b"]})
        assert isinstance(trigger, EventTrigger)
        assert trigger.model_dump(mode="json")["expect"] == ["a", "b", "c"]

    def test_numbers_beyond_counting(self):
        assert TRIGGER.validate_python({**EVENT, "threshold": -(2**63) + 1})
        assert _problems(TRIGGER, {**EVENT, "threshold": 2**63})

    def test_the_tree(self):
        inner = {"type": "sequence", "triggers": [EVENT, EVENT], "within": 1}
        trigger = TRIGGER.validate_python(
            {"type": "compound", "require": "any", "within": 1, "triggers": [inner, EVENT]}
        )
        assert [one.type for one in trigger.tree()] == ["compound", "sequence", "event", "event", "event"]

    def test_nesting_costs_what_it_weighs(self):
        """Tried kind by kind, each level would take twice the time of the one before: years, at this depth."""
        trigger: dict[str, Any] = {"posture": "Nothing"}
        for _ in range(60):
            trigger = {"triggers": [trigger], "within": 1, "require": 1}
        began = time.perf_counter()
        assert len(_problems(TRIGGER, trigger)) == 1
        assert time.perf_counter() - began < 5

    def test_is_taken_as_it_is(self):
        trigger = TRIGGER.validate_python({"type": "compound", "triggers": [EVENT], "require": 1, "within": 1})
        assert isinstance(trigger, CompoundTrigger)
        assert TRIGGER.validate_python(trigger) is trigger


class TestActions:
    @pytest.mark.parametrize(
        ("thing", "field"),
        [
            ("deployment", "deployment_id"),
            ("work-queue", "work_queue_id"),
            ("work-pool", "work_pool_id"),
            ("automation", "automation_id"),
        ],
    )
    def test_what_is_selected_is_named(self, thing: str, field: str):
        for verb in ("pause", "resume"):
            kind = {"type": f"{verb}-{thing}"}
            assert ACTION.validate_python({**kind, field: SOME})
            assert ACTION.validate_python({**kind, "source": "inferred", field: None})
            assert _problems(ACTION, kind) == [((), f"Value error, {field} is required")]
            wrong = {**kind, "source": "inferred", field: SOME}
            assert _problems(ACTION, wrong) == [((), f"Value error, {field} is not allowed")]

    @pytest.mark.parametrize(
        ("given", "kind"),
        [
            ({}, "do-nothing"),
            ({"surprise": 1}, "do-nothing"),
            ({"source": "inferred"}, "run-deployment"),
            ({"work_queue_id": SOME}, "pause-work-queue"),
            ({"state": "FAILED"}, "change-flow-run-state"),
            ({"block_document_id": SOME, "body": "b"}, "send-notification"),
            ({"block_document_id": SOME}, "call-webhook"),
        ],
    )
    def test_the_kind_that_fits(self, given: dict[str, Any], kind: str):
        assert ACTION.validate_python(given).type == kind

    def test_payload_of_older_uis(self):
        action = ACTION.validate_python(
            {"type": "call-webhook", "block_document_id": SOME, "payload": {"message": "é"}}
        )
        assert action.model_dump()["payload"] == '{\n  "message": "é"\n}'

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"type": "call-webhook", "payload": "{{ a"}, "payload"),
            ({"type": "send-notification", "body": "{% for"}, "body"),
            ({"type": "send-notification", "body": "b", "subject": "{{ a"}, "subject"),
        ],
    )
    def test_templates(self, given: dict[str, Any], field: str):
        ((place, words),) = _problems(ACTION, {**given, "block_document_id": SOME})
        assert place == (field,)
        assert words.startswith(f"Value error, '{field}' is not a valid template: unexpected ")

    def test_parameters(self):
        run = {"type": "run-deployment", "source": "inferred"}
        assert ACTION.validate_python({**run, "parameters": {"a": "{{ x }}"}})
        ((place, words),) = _problems(ACTION, {**run, "parameters": {"a": {"b": "{{ x"}, "c": "{% if"}})
        assert place == ("parameters",)
        assert words.startswith("Value error, Invalid parameters: \na.b: Invalid jinja: unexpected ")
        assert "\n  c: Invalid jinja: " in words

    def test_runs_are_not_made_in_the_past(self):
        run = {"type": "run-deployment", "source": "inferred", "schedule_after": -1}
        assert _problems(ACTION, run) == [(("schedule_after",), "Value error, schedule_after must be non-negative")]

"""Automations that would set themselves off."""

from typing import Any

import pytest
from pydantic import ValidationError

from locum.domain.ids import new_id
from locum.features.automations.schemas.automations import AutomationCreate

RUNNING = {"type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Running"]}
SELECTED = {"type": "run-deployment", "deployment_id": str(new_id())}
INFERRED = {"type": "run-deployment", "source": "inferred"}
ANY_RUN = {"prefect.resource.id": "prefect.flow-run.*"}


def _made(trigger: dict[str, Any], *actions: dict[str, Any], **more: Any) -> AutomationCreate:
    return AutomationCreate.model_validate({"name": "a", "trigger": trigger, "actions": list(actions), **more})


@pytest.mark.parametrize("name", ["Scheduled", "Pending", "Running", "*"])
@pytest.mark.parametrize("action", [SELECTED, INFERRED])
def test_what_every_run_announces(name: str, action: dict[str, Any]):
    trigger = {**RUNNING, "expect": ["other", f"prefect.flow-run.{name}"]}
    with pytest.raises(ValidationError, match="infinite loop of flow runs"):
        _made(trigger, {"type": "do-nothing"}, action)


@pytest.mark.parametrize(
    "more",
    [
        {"match": {"prefect.resource.id": ["x", "prefect.flow-run.*"]}},
        {"match_related": ANY_RUN},
        {"match_related": [{"a": "b"}, {}]},
    ],
)
def test_labels_that_leave_every_run(more: dict[str, Any]):
    with pytest.raises(ValidationError, match="infinite loop of flow runs"):
        _made({**RUNNING, **more}, SELECTED)


@pytest.mark.parametrize(
    ("trigger", "action", "more"),
    [
        ({**RUNNING, "expect": ["prefect.flow-run.Failed"]}, INFERRED, {}),
        ({**RUNNING, "expect": []}, INFERRED, {}),
        ({**RUNNING, "posture": "Proactive"}, INFERRED, {}),
        ({**RUNNING, "match": {**ANY_RUN, "a": "b"}}, SELECTED, {}),
        ({**RUNNING, "match_related": {"a": "b"}}, SELECTED, {}),
        ({**RUNNING, "match_related": []}, SELECTED, {}),
        (RUNNING, {"type": "pause-deployment", "source": "inferred"}, {}),
        (RUNNING, INFERRED, {"enabled": False}),
        ({"type": "sequence", "triggers": [RUNNING], "within": 1}, INFERRED, {}),
    ],
)
def test_others(trigger: dict[str, Any], action: dict[str, Any], more: dict[str, Any]):
    assert _made(trigger, action, **more)

"""Automations: triggers and actions of every kind, what is refused of them, and what would go round in circles."""

from __future__ import annotations

from typing import Any

from compat.twin.making import DO_NOTHING, EVENT_TRIGGER, automation, automations_deleted, read_automation
from compat.twin.recorder import Recorder
from compat.twin.registry import case

RUNS = {"prefect.resource.id": "prefect.flow-run.*"}


@case
@automations_deleted
def event_triggers(t: Recorder) -> None:
    for more in (
        {"expect": ["b", "a", "a"], "after": ["c.*"], "for_each": ["prefect.resource.id", "related:flow:x"]},
        {"match": {"a": "x", "b": ["y", "!z*"], "c": []}, "match_related": {"prefect.resource.role": "flow"}},
        {"match_related": [{"a": "1"}, {"b": ["2"]}, {}]},
        {"match_related": []},
        {"threshold": 5, "within": 60},
        {"threshold": 0},
        {"threshold": -1},
        {"threshold": "3"},
        {"within": 0.5},
        {"within": "PT20S"},
        {"within": "P1DT1H"},
        {"within": "01:00:00"},
        {"id": t.uuid(), "surprise": 1},
        {"type": "event", "posture": "Proactive"},
        {"posture": "Proactive", "within": 0},
        {"posture": "Proactive", "within": 10, "expect": ["a"]},
    ):
        read_automation(t, automation(t, trigger={**EVENT_TRIGGER, **more}).id)
    automation(t, trigger={"posture": "Reactive", "threshold": 2})


@case
@automations_deleted
def event_triggers_refused(t: Recorder) -> None:
    for more in (
        {"posture": "Metric"},
        {"posture": None},
        {"threshold": None},
        {"threshold": 1.5},
        {"within": None},
        {"within": -1},
        {"within": "soon"},
        {"within": 1e15},
        {"posture": "Proactive", "within": 9.5},
        {"posture": "Proactive", "within": "PT9S"},
        {"posture": "Proactive", "within": -1},
        {"expect": "a"},
        {"expect": [1]},
        {"match": {"a": 1}},
        {"match": "a"},
        {"match_related": [1]},
        {"id": "x"},
    ):
        automation(t, trigger={**EVENT_TRIGGER, **more})


@case
@automations_deleted
def metric_triggers(t: Recorder) -> None:
    query = {"name": "lateness", "threshold": 1, "operator": ">", "range": 300, "firing_for": 300}
    automation(t, trigger={"type": "metric", "posture": "Metric", "metric": query})
    automation(t, trigger={"type": "event", "posture": "Metric", "metric": query})
    automation(t, trigger={"type": "compound", "require": "any", "within": 1, "triggers": [{"type": "metric"}]})


@case
@automations_deleted
def composite_triggers(t: Recorder) -> None:
    other = {**EVENT_TRIGGER, "posture": "Proactive"}
    inner = {"type": "sequence", "triggers": [EVENT_TRIGGER, other], "within": 5}
    for trigger in (
        {"type": "compound", "triggers": [EVENT_TRIGGER, other], "require": "any", "within": 60},
        {"type": "compound", "triggers": [EVENT_TRIGGER, other], "require": "all", "within": None},
        {"type": "compound", "triggers": [EVENT_TRIGGER, other], "require": 2, "within": "PT1M"},
        {"type": "compound", "triggers": [EVENT_TRIGGER, other], "require": "2", "within": -5},
        {"type": "compound", "triggers": [], "require": "all", "within": 1},
        inner,
        {"type": "sequence", "triggers": [], "within": None},
        {"type": "compound", "triggers": [inner, inner, EVENT_TRIGGER], "require": 1, "within": 0.25},
        {"type": "sequence", "triggers": [{"type": "sequence", "triggers": [inner], "within": 2}], "within": 3},
        {"triggers": [EVENT_TRIGGER], "within": 1},
        {"triggers": [EVENT_TRIGGER], "within": 1, "require": "any"},
    ):
        read_automation(t, automation(t, trigger=trigger).id)


@case
@automations_deleted
def composite_triggers_refused(t: Recorder) -> None:
    whole = {"type": "compound", "triggers": [EVENT_TRIGGER], "require": "any", "within": 1}
    for more in (
        {"require": 0},
        {"require": 2},
        {"require": "some"},
        {"require": None},
        {"within": "soon"},
        {"triggers": None},
        {"triggers": [{"type": "event"}]},
        {"triggers": [{**EVENT_TRIGGER, "posture": "Proactive", "within": 1}]},
        {"triggers": [{**whole, "require": 3}]},
    ):
        automation(t, trigger={**whole, **more})
    for lacking in ("triggers", "require", "within"):
        automation(t, trigger={k: v for k, v in whole.items() if k != lacking})
    automation(t, trigger={"type": "sequence", "triggers": [EVENT_TRIGGER]})
    automation(t, trigger={"type": "sequence", "within": 1})
    automation(t, trigger={**whole, "type": "all"})
    automation(t, trigger={**whole, "type": None})


@case
@automations_deleted
def actions_of_every_kind(t: Recorder) -> None:
    some = t.uuid()
    actions: list[dict[str, Any]] = [
        DO_NOTHING,
        {"type": "cancel-flow-run"},
        {"type": "delete-flow-run"},
        {"type": "suspend-flow-run"},
        {"type": "resume-flow-run"},
        {"type": "change-flow-run-state", "state": "FAILED"},
        {"type": "change-flow-run-state", "state": "CANCELLED", "name": "Off", "message": "m", "force": True},
        {"type": "run-deployment", "deployment_id": some},
        {"type": "run-deployment", "source": "inferred", "parameters": {}, "schedule_after": "PT1H"},
        {"type": "run-deployment", "source": "inferred", "parameters": {"a": 1}, "schedule_after": 1.5},
        {"type": "run-deployment", "source": "inferred", "job_variables": {"a": 1}},
        {"type": "run-deployment", "deployment_id": some, "job_variables": {}},
        {"type": "send-notification", "block_document_id": some, "body": "{{ flow_run.name }} {% if a %}b{% endif %}"},
        {"type": "send-notification", "block_document_id": some, "subject": "", "body": ""},
        {"type": "call-webhook", "block_document_id": some},
        {"type": "call-webhook", "block_document_id": some, "payload": "{{ event.id }}"},
        {"type": "call-webhook", "block_document_id": some, "payload": {"message": "é", "more": [1, {}]}},
    ]
    for thing in ("deployment", "work-queue", "work-pool", "automation"):
        field = f"{thing.replace('-', '_')}_id"
        for verb in ("pause", "resume"):
            actions.append({"type": f"{verb}-{thing}", "source": "inferred"})
            actions.append({"type": f"{verb}-{thing}", "source": "selected", field: some})
            actions.append({"type": f"{verb}-{thing}", "source": "inferred", field: None, "surprise": 1})
    read_automation(t, automation(t, actions=actions).id)
    read_automation(t, automation(t, actions=[], actions_on_trigger=actions[:8], actions_on_resolve=actions[8:]).id)


@case
@automations_deleted
def actions_that_say_no_type(t: Recorder) -> None:
    some = t.uuid()
    automation(
        t,
        actions=[
            {},
            {"source": "inferred"},
            {"deployment_id": some},
            {"work_queue_id": some},
            {"work_pool_id": some, "source": "selected"},
            {"automation_id": some},
            {"state": "FAILED"},
            {"block_document_id": some},
            {"block_document_id": some, "body": "b"},
            {"block_document_id": some, "payload": "p"},
        ],
    )


@case
@automations_deleted
def actions_refused(t: Recorder) -> None:
    some = t.uuid()
    for action in (
        {"type": "fly"},
        {"type": None},
        "do-nothing",
        {"type": "run-deployment"},
        {"type": "run-deployment", "source": "inferred", "deployment_id": some},
        {"type": "run-deployment", "source": "chosen", "deployment_id": some},
        {"type": "run-deployment", "deployment_id": "x"},
        {"type": "run-deployment", "deployment_id": some, "parameters": []},
        {"type": "run-deployment", "deployment_id": some, "job_variables": []},
        {"type": "run-deployment", "deployment_id": some, "schedule_after": -1},
        {"type": "run-deployment", "deployment_id": some, "schedule_after": None},
        {"type": "pause-deployment"},
        {"type": "resume-deployment", "source": "inferred", "deployment_id": some},
        {"type": "pause-work-queue"},
        {"type": "resume-work-queue", "source": "inferred", "work_queue_id": some},
        {"type": "pause-work-pool"},
        {"type": "resume-work-pool", "source": "inferred", "work_pool_id": some},
        {"type": "pause-automation"},
        {"type": "resume-automation", "source": "inferred", "automation_id": some},
        {"type": "change-flow-run-state"},
        {"type": "change-flow-run-state", "state": "DONE"},
        {"type": "change-flow-run-state", "state": "FAILED", "force": None},
        {"type": "send-notification", "block_document_id": some},
        {"type": "send-notification", "body": "b"},
        {"type": "send-notification", "block_document_id": some, "body": "{{ a"},
        {"type": "send-notification", "block_document_id": some, "body": "b", "subject": "{% for"},
        {"type": "call-webhook"},
        {"type": "call-webhook", "block_document_id": some, "payload": None},
        {"type": "call-webhook", "block_document_id": some, "payload": "{{ a"},
        {"type": "call-webhook", "block_document_id": some, "payload": {"a": "{{ a"}},
    ):
        automation(t, actions=[DO_NOTHING, action])
    automation(t, actions_on_trigger=[{"type": "fly"}])
    automation(t, actions_on_resolve=[{"type": "pause-work-pool"}])


@case
@automations_deleted
def parameters_with_templates(t: Recorder) -> None:
    jinja, kind = "template", "__prefect_kind"
    for parameters in (
        {"a": "{{ x }}", "b": "no {{ y }} more", "c": {"d": "{{ z }}"}, "e": ["{{ f }}", {"g": "{{ h }}"}]},
        {"a": {kind: "jinja", jinja: "{{ x }}"}, "b": {kind: "workspace_variable", "variable_name": "not_there"}},
        {"a": {kind: "json", "value": "[1]"}, "b": {kind: "json"}, "c": {kind: "none", "value": {"a": 1}}},
        {"a": {kind: "json", "value": {kind: "jinja", jinja: "{{ x | tojson }}"}}, "b": {kind: "unheard-of"}},
        {"a": "{{ x"},
        {"a": {"b": {"c": "{% if"}}},
        {"a": {kind: "jinja", jinja: "{{ x"}, "b": {kind: "jinja"}, "c": {kind: "json", "value": "{"}},
        {"a": {kind: "none"}, "b": {kind: "none", "value": {"c": {kind: "jinja"}}}},
        {"a": [{kind: "jinja", jinja: "{{ y"}, "{{ z", {"b": "{{ z"}]},
        {"a": "{% for a in b %}" * 3 + "{% endfor %}" * 3},
        {kind: "jinja"},
    ):
        automation(t, actions=[{"type": "run-deployment", "source": "inferred", "parameters": parameters}])


@case
@automations_deleted
def feedback(t: Recorder) -> None:
    run = {"type": "run-deployment", "deployment_id": t.uuid()}
    inferred = {"type": "run-deployment", "source": "inferred"}
    for name in ("Scheduled", "Pending", "Running", "*", "Failed"):
        trigger = {**EVENT_TRIGGER, "expect": [f"prefect.flow-run.{name}", "x"]}
        automation(t, trigger=trigger, actions=[DO_NOTHING, run])
        automation(t, trigger=trigger, actions=[inferred])
    running = {**EVENT_TRIGGER, "expect": ["prefect.flow-run.Running"]}
    for more in (
        {"match": RUNS},
        {"match": {"prefect.resource.id": ["x", "prefect.flow-run.*"]}, "match_related": RUNS},
        {"match": {**RUNS, "a": "b"}},
        {"match": {"prefect.resource.id": "prefect.flow-run.1*"}},
        {"match_related": {"a": "b"}},
        {"match_related": [{"a": "b"}, {}]},
        {"match_related": [{"a": "b"}]},
        {"match_related": []},
        {"posture": "Proactive"},
    ):
        automation(t, trigger={**running, **more}, actions=[run])
    automation(t, trigger=running, actions=[], actions_on_trigger=[inferred])
    automation(t, trigger={"type": "sequence", "triggers": [running], "within": 1}, actions=[inferred])

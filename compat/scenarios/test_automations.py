"""Automations by the real client: from Python, from the command line, and with deployments."""

from __future__ import annotations

import json
from typing import Any

from compat.scenarios.site import Site, unique

NOWHERE = "00000000-0000-4000-8000-000000000000"
LIFE = """
    import json
    from datetime import timedelta
    from prefect.automations import (
        Automation, CompoundTrigger, DoNothing, EventTrigger, RunDeployment, SequenceTrigger,
    )
    from prefect.events.actions import CallWebhook, ChangeFlowRunState, PauseWorkQueue, SendNotification
    from prefect.events.schemas.automations import Posture

    nobody = "00000000-0000-4000-8000-000000000000"
    event = EventTrigger(expect={"b", "a"}, match={"prefect.resource.id": "prefect.flow-run.*"}, threshold=2,
                         posture=Posture.Reactive, within=timedelta(seconds=30), for_each={"prefect.resource.id"})
    absent = EventTrigger(expect={"c"}, posture=Posture.Proactive, within=timedelta(minutes=1))
    inner = SequenceTrigger(triggers=[event, absent], within=timedelta(hours=1))
    made = Automation(
        name="NAME",
        description="made by hand",
        tags=["one"],
        trigger=CompoundTrigger(triggers=[inner, event], require="all", within=timedelta(hours=2)),
        actions=[
            DoNothing(),
            RunDeployment(source="inferred", parameters={"n": "{{ event.id }}"}),
            ChangeFlowRunState(state="FAILED", message="too late"),
            PauseWorkQueue(work_queue_id=nobody),
            SendNotification(block_document_id=nobody, subject="s", body="{{ flow.name }}"),
            CallWebhook(block_document_id=nobody, payload="p"),
        ],
    ).create()
    same = lambda one, two: one.model_dump(exclude={"id", "trigger"}) == two.model_dump(exclude={"id", "trigger"})
    by_id, by_name = Automation.read(id=made.id), Automation.read(name="NAME")
    assert same(made, by_id) and by_id == by_name
    assert by_id.trigger.triggers[0].triggers[0].expect == {"a", "b"}
    assert by_id.trigger.triggers[0].triggers[1].within == timedelta(minutes=1)
    by_id.description, by_id.enabled = "changed", False
    by_id.update()
    read = Automation.read(id=made.id)
    assert read.description == "changed" and not read.enabled
    assert read.enable() and Automation.read(id=made.id).enabled
    assert read.disable() and not Automation.read(id=made.id).enabled
    assert read.delete() and not read.delete()
    try:
        Automation.read(id=made.id)
    except ValueError as error:
        print(json.dumps({"gone": str(error)}))
"""
DEPLOYED = """
    import json
    from prefect import flow
    from prefect.events import DeploymentCompoundTrigger, DeploymentEventTrigger, DeploymentSequenceTrigger

    @flow(name="{name}")
    def watched(name: str = "x"):
        return name

    some = DeploymentEventTrigger(expect={"file.arrived"}, parameters={"name": "{{ event.resource.name }}"})
    both = DeploymentCompoundTrigger(
        name="both", require="any", triggers=[DeploymentEventTrigger(expect={"a"}), DeploymentEventTrigger(expect={"b"})])
    told = [str(watched.to_deployment("d", triggers=triggers).apply()) for triggers in ([some, both], [some])]
    print(json.dumps(told))
"""


def test_from_python(site: Site) -> None:
    """`Automation(...)` made, read, changed, switched and deleted; nothing is lost on the way."""
    told = site.program(LIFE.replace("NAME", unique("by-hand")))
    assert "not found" in told["gone"]


def test_with_a_deployment(site: Site) -> None:
    """A deployment's triggers are automations that it owns; deploying again replaces them."""
    name = unique("watched")
    first, again = site.program(DEPLOYED.replace("{name}", name))
    assert first == again
    (owned,) = site.read(f"/automations/related-to/prefect.deployment.{first}")
    assert owned["trigger"]["expect"] == ["file.arrived"]
    assert owned["actions"][0]["deployment_id"] == first
    assert owned["actions"][0]["parameters"] == {"name": "{{ event.resource.name }}"}
    assert "file.arrived" in site.cli("deployment", "inspect", f"{name}/d")
    site.cli("deployment", "delete", f"{name}/d")


def _definition(name: str, **more: Any) -> dict[str, Any]:
    trigger = {"type": "event", "posture": "Reactive", "expect": ["external.event"]}
    return {"name": name, "trigger": trigger, "actions": [{"type": "do-nothing"}], **more}


def test_from_the_command_line(site: Site) -> None:
    """`prefect automation`."""
    one, two, three = unique("one"), unique("two"), unique("three")
    file = site.write("automations.json", json.dumps({"automations": [_definition(one), _definition(two)]}))
    assert one in site.cli("automation", "create", "--from-file", file)
    site.cli("automation", "create", "--from-json", json.dumps(_definition(three, description="from here")))
    wrong = _definition(
        three, actions=[{"type": "run-deployment", "deployment_id": NOWHERE, "job_variables": {"a": 1}}]
    )
    assert "Deployment not found" in site.cli("automation", "create", "--from-json", json.dumps(wrong), fails=True)

    assert three in site.cli("automation", "ls")
    assert "from here" in site.cli("automation", "inspect", three)
    shown = site.cli_json("automation", "inspect", one, "--output", "json")
    held = shown[0] if isinstance(shown, list) else shown
    assert held["trigger"]["expect"] == ["external.event"]
    assert one in site.cli("automation", "inspect", "--id", held["id"], "--output", "yaml")
    at = f"/automations/{held['id']}"

    for verb, enabled in (("pause", False), ("resume", True)):
        site.cli("automation", verb, one)
        assert site.read(at)["enabled"] is enabled
        site.cli("automation", verb, "--id", held["id"])
        site.cli("automation", verb, unique("none"), fails=True)
    changed = _definition(one, description="other words", enabled=False)
    site.cli("automation", "update", "--id", held["id"], "--from-json", json.dumps(changed))
    assert (site.read(at)["description"], site.read(at)["enabled"]) == ("other words", False)
    site.cli("automation", "inspect", "--id", NOWHERE, fails=True)

    site.cli("automation", "delete", "--id", held["id"])
    assert site.ask("GET", at).status_code == 404
    for name in (two, three):
        site.cli("automation", "delete", name)
        assert name not in site.cli("automation", "ls")
    site.cli("automation", "delete", "--id", held["id"], fails=True)

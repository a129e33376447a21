"""Automations: every kind of trigger and action, made, read, changed, switched, deleted, listed; owners and events."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, TEMPLATE, deployment, flow, pool
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case

EVENT = {"type": "event", "posture": "Reactive"}
NOTHING = {"type": "do-nothing"}
# The peer answers with sets in an order of chance.
SETS = ("*.after", "*.expect", "*.for_each")
RUNS = {"prefect.resource.id": "prefect.flow-run.*"}


def _definition(t: Recorder, stem: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": t.name(stem), "trigger": EVENT, "actions": [NOTHING], **more}


def _made(t: Recorder, stem: str = "a", **more: Any) -> Answer:
    return t.post("/automations/", _definition(t, stem, **more), unordered=SETS)


def _read(t: Recorder, automation_id: str) -> Answer:
    return t.get(f"/automations/{automation_id}", unordered=SETS)


@case
def make_and_read(t: Recorder) -> None:
    _read(t, _made(t).id)
    made = _made(
        t, "full", description="What it is for", enabled=False, tags=["b", "a", "b"],
        actions_on_trigger=[NOTHING], actions_on_resolve=[{"type": "cancel-flow-run"}],
    )  # fmt: skip
    _read(t, made.id)


@case
def make_refused(t: Recorder) -> None:
    for more in (
        {"name": None},
        {"name": 1},
        {"description": None},
        {"enabled": "perhaps"},
        {"tags": None},
        {"tags": [1]},
        {"trigger": None},
        {"trigger": []},
        {"trigger": {}},
        {"actions": None},
        {"actions": {}},
        {"actions": [None]},
        {"actions_on_trigger": None},
        {"owner_resource": 1},
        {"surprise": 1},
    ):
        _made(t, **more)
    for lacking in ("name", "trigger", "actions"):
        t.post("/automations/", {k: v for k, v in _definition(t).items() if k != lacking})


@case
def nobody(t: Recorder) -> None:
    t.get(f"/automations/{NOBODY}")
    t.send("PUT", f"/automations/{NOBODY}", _definition(t))
    t.patch(f"/automations/{NOBODY}", {"enabled": False})
    t.delete(f"/automations/{NOBODY}")
    t.get("/automations/not-an-id")
    t.get(f"/automations/related-to/{t.name('nothing')}")
    t.delete(f"/automations/owned-by/{t.name('nothing')}")


@case
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
        _read(t, _made(t, trigger={**EVENT, **more}).id)
    _made(t, trigger={"posture": "Reactive", "threshold": 2})


@case
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
        _made(t, trigger={**EVENT, **more})


@case
def metric_triggers(t: Recorder) -> None:
    query = {"name": "lateness", "threshold": 1, "operator": ">", "range": 300, "firing_for": 300}
    _made(t, trigger={"type": "metric", "posture": "Metric", "metric": query})
    _made(t, trigger={"type": "event", "posture": "Metric", "metric": query})
    _made(t, trigger={"type": "compound", "require": "any", "within": 1, "triggers": [{"type": "metric"}]})


@case
def composite_triggers(t: Recorder) -> None:
    other = {**EVENT, "posture": "Proactive"}
    inner = {"type": "sequence", "triggers": [EVENT, other], "within": 5}
    for trigger in (
        {"type": "compound", "triggers": [EVENT, other], "require": "any", "within": 60},
        {"type": "compound", "triggers": [EVENT, other], "require": "all", "within": None},
        {"type": "compound", "triggers": [EVENT, other], "require": 2, "within": "PT1M"},
        {"type": "compound", "triggers": [EVENT, other], "require": "2", "within": -5},
        {"type": "compound", "triggers": [], "require": "all", "within": 1},
        inner,
        {"type": "sequence", "triggers": [], "within": None},
        {"type": "compound", "triggers": [inner, inner, EVENT], "require": 1, "within": 0.25},
        {"type": "sequence", "triggers": [{"type": "sequence", "triggers": [inner], "within": 2}], "within": 3},
        {"triggers": [EVENT], "within": 1},
        {"triggers": [EVENT], "within": 1, "require": "any"},
    ):
        _read(t, _made(t, trigger=trigger).id)


@case
def composite_triggers_refused(t: Recorder) -> None:
    whole = {"type": "compound", "triggers": [EVENT], "require": "any", "within": 1}
    for more in (
        {"require": 0},
        {"require": 2},
        {"require": "some"},
        {"require": None},
        {"within": "soon"},
        {"triggers": None},
        {"triggers": [{"type": "event"}]},
        {"triggers": [{**EVENT, "posture": "Proactive", "within": 1}]},
        {"triggers": [{**whole, "require": 3}]},
    ):
        _made(t, trigger={**whole, **more})
    for lacking in ("triggers", "require", "within"):
        _made(t, trigger={k: v for k, v in whole.items() if k != lacking})
    _made(t, trigger={"type": "sequence", "triggers": [EVENT]})
    _made(t, trigger={"type": "sequence", "within": 1})
    _made(t, trigger={**whole, "type": "all"})
    _made(t, trigger={**whole, "type": None})


@case
def actions_of_every_kind(t: Recorder) -> None:
    some = t.uuid()
    actions: list[dict[str, Any]] = [
        NOTHING,
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
    _read(t, _made(t, actions=actions).id)
    _read(t, _made(t, actions=[], actions_on_trigger=actions[:8], actions_on_resolve=actions[8:]).id)


@case
def actions_that_say_no_type(t: Recorder) -> None:
    some = t.uuid()
    _made(
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
        _made(t, actions=[NOTHING, action])
    _made(t, actions_on_trigger=[{"type": "fly"}])
    _made(t, actions_on_resolve=[{"type": "pause-work-pool"}])


@case
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
        _made(t, actions=[{"type": "run-deployment", "source": "inferred", "parameters": parameters}])


@case
def feedback(t: Recorder) -> None:
    run = {"type": "run-deployment", "deployment_id": t.uuid()}
    inferred = {"type": "run-deployment", "source": "inferred"}
    for name in ("Scheduled", "Pending", "Running", "*", "Failed"):
        trigger = {**EVENT, "expect": [f"prefect.flow-run.{name}", "x"]}
        _made(t, trigger=trigger, actions=[NOTHING, run])
        _made(t, trigger=trigger, actions=[inferred])
    running = {**EVENT, "expect": ["prefect.flow-run.Running"]}
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
        _made(t, trigger={**running, **more}, actions=[run])
    _made(t, trigger=running, actions=[], actions_on_trigger=[inferred])
    _made(t, trigger={"type": "sequence", "triggers": [running], "within": 1}, actions=[inferred])


@case
def feedback_of_what_is_off(t: Recorder) -> None:
    trigger = {**EVENT, "expect": ["prefect.flow-run.Running"]}
    off = _made(t, enabled=False, trigger=trigger, actions=[{"type": "run-deployment", "source": "inferred"}])
    for body in ({"enabled": True}, {}, {"enabled": False}):
        t.patch(f"/automations/{off.id}", body)
    definition = {
        "name": t.name("b"),
        "trigger": trigger,
        "actions": [{"type": "run-deployment", "source": "inferred"}],
    }
    t.send("PUT", f"/automations/{off.id}", definition)
    t.send("PUT", f"/automations/{off.id}", {**definition, "enabled": False})
    _read(t, off.id)


@case
def change(t: Recorder) -> None:
    made = _made(t, description="d", tags=["a"], enabled=False, actions_on_trigger=[NOTHING])
    for more in (
        {"name": t.name("b")},
        {"trigger": {"type": "sequence", "triggers": [EVENT, EVENT], "within": 1}, "actions": [{}, NOTHING]},
        {"description": "", "tags": [], "enabled": True, "actions_on_trigger": []},
        {"actions_on_resolve": [{"type": "cancel-flow-run"}]},
    ):
        t.send("PUT", f"/automations/{made.id}", _definition(t, **more))
        _read(t, made.id)
    for more in ({"tags": None}, {"owner_resource": "x"}, {"surprise": 1}, {"trigger": {}}, {"actions": [{"type": 1}]}):
        t.send("PUT", f"/automations/{made.id}", _definition(t, **more))
    t.send("PUT", f"/automations/{made.id}", {"name": t.name("c")})


@case
def switch(t: Recorder) -> None:
    made = _made(t)
    for body in ({"enabled": False}, {}, {"enabled": True}, {"enabled": "off"}):
        t.patch(f"/automations/{made.id}", body)
        _read(t, made.id)
    for body in ({"enabled": None}, {"enabled": "perhaps"}, {"name": "x"}, []):
        t.patch(f"/automations/{made.id}", body)


@case
def delete(t: Recorder) -> None:
    made = _made(t, owner_resource=t.name("owner"))
    t.delete(f"/automations/{made.id}")
    _read(t, made.id)
    t.delete(f"/automations/{made.id}")
    t.get(f"/automations/related-to/{t.name('owner')}")


def _names(t: Recorder, path: str, **body: Any) -> None:
    t.post(path, body, unordered=SETS)


@case
def filters(t: Recorder) -> None:
    tagged = {"a": ["x", "y"], "b": ["x"], "c": []}
    ids = [_made(t, stem, tags=tags).id for stem, tags in tagged.items()]
    names = [t.name(stem) for stem in tagged]
    mine = {"name": {"any_": names}}
    for more in (
        {},
        {"id": {"any_": ids[:2]}},
        {"id": {"any_": []}},
        {"id": {}},
        {"name": {"any_": names[2:]}},
        {"name": {"any_": []}},
        {"name": {}},
        {"created": {"before_": t.at(hours=1)}},
        {"created": {"before_": t.at(hours=-1)}},
        {"tags": {"all_": ["x"]}},
        {"tags": {"all_": ["x", "y"]}},
        {"tags": {"any_": ["y", "z"]}},
        {"tags": {"any_": ["z"]}},
        {"tags": {"is_null_": True}},
        {"tags": {"is_null_": False}},
        {"tags": {"operator": "or_", "all_": ["x", "y"], "is_null_": True}},
    ):
        wanted = {**mine, **more} if "name" not in more or more["name"] else {"id": {"any_": ids}, **more}
        _names(t, "/automations/filter", automations=wanted)
        _names(t, "/automations/count", automations=wanted)
    either = {"operator": "or_", "id": {"any_": ids[:1]}, "name": {"any_": names[2:]}}
    _names(t, "/automations/filter", automations=either)
    _names(t, "/automations/count", automations=either)


@case
def sorts_and_pages(t: Recorder) -> None:
    ids = [_made(t, stem).id for stem in ("b", "c", "a")]
    t.patch(f"/automations/{ids[1]}", {"enabled": False})
    mine = {"id": {"any_": ids}}
    for sort in ("CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC", None):
        _names(t, "/automations/filter", automations=mine, sort=sort)
    for page in ({"limit": 1}, {"limit": 2, "offset": 1}, {"limit": 0}, {"offset": 3}, {"limit": None}):
        _names(t, "/automations/filter", automations=mine, **page)


@case
def lists_refused(t: Recorder) -> None:
    for body in (
        {"sort": "OLDEST"},
        {"limit": 201},
        {"limit": -1},
        {"offset": -1},
        {"automations": {"colour": 1}},
        {"automations": {"id": {"any_": ["x"]}}},
        {"automations": {"name": {"like_": "x"}}},
        {"automations": {"created": {"before_": "x"}}},
        {"automations": {"created": {"after_": t.at()}}},
        {"automations": {"tags": {"all_": [1]}}},
        {"automations": {"operator": "xor_"}},
    ):
        t.post("/automations/filter", body)
        if "automations" in body:
            t.post("/automations/count", body)


@case
def owners(t: Recorder) -> None:
    owner, other = (f"prefect.deployment.{t.uuid(n)}" for n in (1, 2))
    run = {"type": "run-deployment", "deployment_id": t.uuid(2)}
    one = _made(t, "one", owner_resource=owner, actions=[run, run])
    two = _made(t, "two", owner_resource=owner)
    three = _made(t, "three", owner_resource=other, actions=[run])
    four = _made(t, "four", actions=[run], owner_resource="")
    by_name = {"unordered": ("$", *SETS)}
    for resource in (owner, other):
        t.get(f"/automations/related-to/{resource}", **by_name)
    t.send("PUT", f"/automations/{one.id}", _definition(t, "one"))
    t.send("PUT", f"/automations/{three.id}", _definition(t, "three"))
    for resource in (owner, other):
        t.get(f"/automations/related-to/{resource}", **by_name)
    t.delete(f"/automations/owned-by/{owner}")
    for made in (one, two, three, four):
        _read(t, made.id)
    t.delete(f"/automations/owned-by/{other}")
    t.get(f"/automations/related-to/{other}", **by_name)


@case
def job_variables(t: Recorder) -> None:
    name = pool(t, base_job_template=TEMPLATE)
    flow_id = flow(t).id
    pooled = deployment(t, flow_id, "pooled", work_pool_name=name).id
    free = deployment(t, flow_id, "free").id
    made = _made(t)
    for target, variables in (
        (pooled, {"cpu": 1}),
        (pooled, {"cpu": "many"}),
        (pooled, {"command": "c"}),
        (pooled, {}),
        (free, {"cpu": "many"}),
        (NOBODY, {"cpu": 1}),
        (NOBODY, {}),
        (NOBODY, None),
    ):
        action = {"type": "run-deployment", "deployment_id": target, "job_variables": variables}
        _made(t, actions=[action])
        t.send("PUT", f"/automations/{made.id}", _definition(t, actions=[action]))
    wrong = {"type": "run-deployment", "deployment_id": pooled, "job_variables": {"cpu": 0}}
    _made(t, actions=[wrong, wrong])
    _made(t, actions=[], actions_on_trigger=[wrong])


@case
def what_it_names_is_deleted(t: Recorder) -> None:
    flow_id = flow(t).id
    made = deployment(t, flow_id).id
    resource = f"prefect.deployment.{made}"
    kept = _made(t, owner_resource=resource, actions=[{"type": "run-deployment", "deployment_id": made}])
    t.delete(f"/deployments/{made}")
    _read(t, kept.id)
    t.get(f"/automations/related-to/{resource}", unordered=SETS)


@case
def events(t: Recorder) -> None:
    owned = _made(t, "owned", owner_resource=t.name("owner"))
    made = _made(t, trigger={**EVENT, "expect": ["a"], "within": 3}, tags=["b"])
    t.patch(f"/automations/{made.id}", {"enabled": False})
    t.patch(f"/automations/{made.id}", {})
    t.send("PUT", f"/automations/{made.id}", _definition(t, "b"))
    t.delete(f"/automations/owned-by/{t.name('owner')}")
    t.delete(f"/automations/{made.id}")
    for automation, count in ((made, 5), (owned, 1)):
        resource = {"id": [f"prefect.automation.{automation.id}"]}
        wanted = {"filter": {"resource": resource, "order": "ASC"}, "limit": 50}
        t.until(lambda a, n=count: a["total"] >= n, "POST", "/events/filter", wanted, ignore=("$.events[].received",))

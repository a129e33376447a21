"""Automations: made, read, changed, switched, deleted, listed; their owners, what they name, and events."""

from __future__ import annotations

from typing import Any

from compat.twin.making import (
    AUTOMATION_SETS,
    DO_NOTHING,
    EVENT_TRIGGER,
    NOBODY,
    TEMPLATE,
    automation,
    automation_body,
    automations_deleted,
    deployment,
    flow,
    pool,
    read_automation,
)
from compat.twin.recorder import Recorder
from compat.twin.registry import case


@case
@automations_deleted
def make_and_read(t: Recorder) -> None:
    read_automation(t, automation(t).id)
    made = automation(
        t, "full", description="What it is for", enabled=False, tags=["b", "a", "b"],
        actions_on_trigger=[DO_NOTHING], actions_on_resolve=[{"type": "cancel-flow-run"}],
    )  # fmt: skip
    read_automation(t, made.id)


@case
@automations_deleted
def make_refused(t: Recorder) -> None:
    wrong: tuple[dict[str, Any], ...] = (
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
    )
    for more in wrong:
        automation(t, **more)
    for lacking in ("name", "trigger", "actions"):
        t.post("/automations/", {k: v for k, v in automation_body(t).items() if k != lacking})


@case
@automations_deleted
def nobody(t: Recorder) -> None:
    t.get(f"/automations/{NOBODY}")
    t.send("PUT", f"/automations/{NOBODY}", automation_body(t))
    t.patch(f"/automations/{NOBODY}", {"enabled": False})
    t.delete(f"/automations/{NOBODY}")
    t.get("/automations/not-an-id")
    t.get(f"/automations/related-to/{t.name('nothing')}")
    t.delete(f"/automations/owned-by/{t.name('nothing')}")


@case
@automations_deleted
def feedback_of_what_is_off(t: Recorder) -> None:
    trigger = {**EVENT_TRIGGER, "expect": ["prefect.flow-run.Running"]}
    off = automation(t, enabled=False, trigger=trigger, actions=[{"type": "run-deployment", "source": "inferred"}])
    for body in ({"enabled": True}, {}, {"enabled": False}):
        t.patch(f"/automations/{off.id}", body)
    definition = {
        "name": t.name("b"),
        "trigger": trigger,
        "actions": [{"type": "run-deployment", "source": "inferred"}],
    }
    t.send("PUT", f"/automations/{off.id}", definition)
    t.send("PUT", f"/automations/{off.id}", {**definition, "enabled": False})
    read_automation(t, off.id)


@case
@automations_deleted
def change(t: Recorder) -> None:
    made = automation(t, description="d", tags=["a"], enabled=False, actions_on_trigger=[DO_NOTHING])
    changes: tuple[dict[str, Any], ...] = (
        {"name": t.name("b")},
        {
            "trigger": {"type": "sequence", "triggers": [EVENT_TRIGGER, EVENT_TRIGGER], "within": 1},
            "actions": [{}, DO_NOTHING],
        },
        {"description": "", "tags": [], "enabled": True, "actions_on_trigger": []},
        {"actions_on_resolve": [{"type": "cancel-flow-run"}]},
    )
    for more in changes:
        t.send("PUT", f"/automations/{made.id}", automation_body(t, **more))
        read_automation(t, made.id)
    wrong: tuple[dict[str, Any], ...] = (
        {"tags": None},
        {"owner_resource": "x"},
        {"surprise": 1},
        {"trigger": {}},
        {"actions": [{"type": 1}]},
    )
    for more in wrong:
        t.send("PUT", f"/automations/{made.id}", automation_body(t, **more))
    t.send("PUT", f"/automations/{made.id}", {"name": t.name("c")})


@case
@automations_deleted
def switch(t: Recorder) -> None:
    made = automation(t)
    for body in ({"enabled": False}, {}, {"enabled": True}, {"enabled": "off"}):
        t.patch(f"/automations/{made.id}", body)
        read_automation(t, made.id)
    for body in ({"enabled": None}, {"enabled": "perhaps"}, {"name": "x"}, []):
        t.patch(f"/automations/{made.id}", body)


@case
@automations_deleted
def delete(t: Recorder) -> None:
    made = automation(t, owner_resource=t.name("owner"))
    t.delete(f"/automations/{made.id}")
    read_automation(t, made.id)
    t.delete(f"/automations/{made.id}")
    t.get(f"/automations/related-to/{t.name('owner')}")


def _names(t: Recorder, path: str, **body: Any) -> None:
    t.post(path, body, unordered=AUTOMATION_SETS)


@case
@automations_deleted
def filters(t: Recorder) -> None:
    tagged = {"a": ["x", "y"], "b": ["x"], "c": []}
    ids = [automation(t, stem, tags=tags).id for stem, tags in tagged.items()]
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
@automations_deleted
def sorts_and_pages(t: Recorder) -> None:
    ids = [automation(t, stem).id for stem in ("b", "c", "a")]
    t.patch(f"/automations/{ids[1]}", {"enabled": False})
    mine = {"id": {"any_": ids}}
    for sort in ("CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC", None):
        _names(t, "/automations/filter", automations=mine, sort=sort)
    for page in ({"limit": 1}, {"limit": 2, "offset": 1}, {"limit": 0}, {"offset": 3}, {"limit": None}):
        _names(t, "/automations/filter", automations=mine, **page)


@case
@automations_deleted
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
@automations_deleted
def owners(t: Recorder) -> None:
    owner, other = (f"prefect.deployment.{t.uuid(n)}" for n in (1, 2))
    run = {"type": "run-deployment", "deployment_id": t.uuid(2)}
    one = automation(t, "one", owner_resource=owner, actions=[run, run])
    two = automation(t, "two", owner_resource=owner)
    three = automation(t, "three", owner_resource=other, actions=[run])
    four = automation(t, "four", actions=[run], owner_resource="")
    by_name = {"unordered": ("$", *AUTOMATION_SETS)}
    for resource in (owner, other):
        t.get(f"/automations/related-to/{resource}", **by_name)
    t.send("PUT", f"/automations/{one.id}", automation_body(t, "one"))
    t.send("PUT", f"/automations/{three.id}", automation_body(t, "three"))
    for resource in (owner, other):
        t.get(f"/automations/related-to/{resource}", **by_name)
    t.delete(f"/automations/owned-by/{owner}")
    for made in (one, two, three, four):
        read_automation(t, made.id)
    t.delete(f"/automations/owned-by/{other}")
    t.get(f"/automations/related-to/{other}", **by_name)


@case
@automations_deleted
def job_variables(t: Recorder) -> None:
    name = pool(t, base_job_template=TEMPLATE)
    flow_id = flow(t).id
    pooled = deployment(t, flow_id, "pooled", work_pool_name=name).id
    free = deployment(t, flow_id, "free").id
    made = automation(t)
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
        automation(t, actions=[action])
        t.send("PUT", f"/automations/{made.id}", automation_body(t, actions=[action]))
    wrong = {"type": "run-deployment", "deployment_id": pooled, "job_variables": {"cpu": 0}}
    automation(t, actions=[wrong, wrong])
    automation(t, actions=[], actions_on_trigger=[wrong])


@case
@automations_deleted
def what_it_names_is_deleted(t: Recorder) -> None:
    flow_id = flow(t).id
    made = deployment(t, flow_id).id
    resource = f"prefect.deployment.{made}"
    kept = automation(t, owner_resource=resource, actions=[{"type": "run-deployment", "deployment_id": made}])
    t.delete(f"/deployments/{made}")
    read_automation(t, kept.id)
    t.get(f"/automations/related-to/{resource}", unordered=AUTOMATION_SETS)


@case
@automations_deleted
def events(t: Recorder) -> None:
    owned = automation(t, "owned", owner_resource=t.name("owner"))
    made = automation(t, trigger={**EVENT_TRIGGER, "expect": ["a"], "within": 3}, tags=["b"])
    t.patch(f"/automations/{made.id}", {"enabled": False})
    t.patch(f"/automations/{made.id}", {})
    t.send("PUT", f"/automations/{made.id}", automation_body(t, "b"))
    t.delete(f"/automations/owned-by/{t.name('owner')}")
    t.delete(f"/automations/{made.id}")
    for told, count in ((made, 5), (owned, 1)):
        resource = {"id": [f"prefect.automation.{told.id}"]}
        wanted = {"filter": {"resource": resource, "order": "ASC"}, "limit": 50}
        t.until(lambda a, n=count: a["total"] >= n, "POST", "/events/filter", wanted, ignore=("$.events[].received",))

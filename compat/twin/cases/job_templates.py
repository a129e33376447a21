"""Base job templates whose defaults refer to blocks: who looks at them when, and what is answered where none is there."""

from __future__ import annotations

from typing import Any

from compat.twin.making import (
    NOBODY,
    automation,
    automations_deleted,
    deployment,
    flow,
    pool,
    run,
    set_state,
)
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case

ENGINE: dict[str, Any] = {
    "title": "Engine",
    "type": "object",
    "properties": {"host": {"type": "string"}, "key": {"type": "string", "maxLength": 8}},
    "required": ["host"],
    "block_type_slug": "engine",
    "secret_fields": ["key"],
    "block_schema_references": {},
}


def _engine(t: Recorder, **data: Any) -> tuple[str, dict[str, str]]:
    """A block, and the ids that make others of its type."""
    kind = t.post("/block_types/", {"name": t.name("type"), "slug": t.name("type")}).id
    fields = {**ENGINE, "block_type_slug": t.name("type")}
    schema = t.post("/block_schemas/", {"fields": fields, "block_type_id": kind}).id
    ids = {"block_type_id": kind, "block_schema_id": schema}
    return _another(t, ids, "doc", **data).id, ids


def _another(t: Recorder, ids: dict[str, str], stem: str, **data: Any) -> Answer:
    return t.post("/block_documents/", {"name": t.name(stem), "data": {"host": "h", **data}, **ids})


def _reference(block_id: Any) -> dict[str, Any]:
    return {"$ref": {"block_document_id": block_id}}


def _template(default: Any, *needed: str, **rules: Any) -> dict[str, Any]:
    engine = {"type": "object", **rules, "default": default}
    properties = {"engine": engine, "cpu": {"type": "integer", "minimum": 1}}
    return {
        "job_configuration": {"engine": "{{ engine }}"},
        "variables": {"type": "object", "required": list(needed), "properties": properties},
    }


def _pool(t: Recorder, stem: str, template: dict[str, Any]) -> Answer:
    return t.post("/work_pools/", {"name": t.name(stem), "type": "process", "base_job_template": template})


@case
def pools(t: Recorder) -> None:
    block, ids = _engine(t, key="much longer than eight")
    outer = _another(t, ids, "outer", inner=_reference(block)).id
    hidden = {"properties": {"key": {"const": "********"}}}
    templates = {
        "sound": _template(_reference(block), required=["host"]),
        "hidden": _template(_reference(block), **hidden),
        "nested": _template(_reference(outer), properties={"inner": {"required": ["key"], **hidden}}),
        "braced": _template(_reference(f"{{{block}}}")),
        "text": {**_template(_reference(block)), "job_configuration": {"a": "{{ engine.host }}"}},
        "no-text": _template(_reference(block), type="string"),
        "no-object": _template(_reference(block), properties={"host": {"type": "integer"}}),
        "nobody": _template(_reference(NOBODY)),
        "no-id": _template(_reference("x")),
        "null": _template(_reference(None)),
        "empty": _template({"$ref": {}}),
        "nothing": _template({"$ref": {}, "host": 1}, type="string"),
        "no-reference": _template({"$ref": "x"}),
        "number": _template(_reference(5)),
        "two": _template([_reference(NOBODY)], type="array"),
        "no-schema": _template(_reference(NOBODY), type="strange"),
    }
    for name, template in templates.items():
        _pool(t, name, template)
    definition = {**ENGINE, "block_type_slug": t.name("type")}
    for number, default in enumerate((_reference(block), _reference(NOBODY), {"port": 1}, {"host": "h"})):
        template = _template(default, allOf=[{"$ref": "#/definitions/Engine"}])
        template["variables"]["definitions"] = {"Engine": definition}
        _pool(t, f"defined{number}", template)
    name = pool(t)
    for identity in (block, NOBODY):
        t.patch(f"/work_pools/{name}", {"base_job_template": _template(_reference(identity))})


@case
def deployments(t: Recorder) -> None:
    block, _ = _engine(t)
    one, name = flow(t).id, pool(t, base_job_template=_template(_reference(block), minProperties=1))
    given: tuple[dict[str, Any], ...] = ({}, {"cpu": 1}, {"cpu": 0}, {"engine": {}}, {"engine": _reference(NOBODY)})
    for number, variables in enumerate(given):
        deployment(t, one, f"a{number}", work_pool_name=name, job_variables=variables)
    t.delete(f"/block_documents/{block}")
    for number, variables in enumerate(given):
        made = deployment(t, one, f"b{number}", work_pool_name=name, job_variables=variables)
        if "id" in made.body:
            t.patch(f"/deployments/{made.id}", {"work_pool_name": name, "job_variables": {"cpu": 2}})
            t.patch(f"/deployments/{made.id}", {"work_pool_name": name, "job_variables": {"cpu": 0}})


@case
@automations_deleted
def runs(t: Recorder) -> None:
    block, _ = _engine(t)
    one = flow(t)
    template = _template(_reference(block), "engine", "cpu")
    dep = deployment(t, one.id, work_pool_name=pool(t, base_job_template=template)).id
    given: tuple[dict[str, Any], ...] = (
        {"cpu": 1},
        {},
        {"cpu": 0},
        {"cpu": 1, "engine": "x"},
        {"cpu": 1, "engine": {}},
    )
    waiting = run(t, one.id, deployment_id=dep)
    set_state(t, waiting.id, "SCHEDULED")

    def tried(stem: str) -> None:
        for number, variables in enumerate(given):
            body = {"name": t.name(f"{stem}{number}"), "job_variables": variables}
            t.post(f"/deployments/{dep}/create_flow_run", body)
            t.patch(f"/flow_runs/{waiting.id}", {"job_variables": variables})
            action = {"type": "run-deployment", "deployment_id": dep, "job_variables": variables}
            automation(t, f"{stem}{number}", actions=[action])
        bodies = [{"name": t.name(f"{stem}-many{n}"), "job_variables": one} for n, one in enumerate(given)]
        t.post(f"/deployments/{dep}/create_flow_run/bulk", bodies)

    tried("there")
    t.delete(f"/block_documents/{block}")
    tried("gone")


@case
def unsound_default(t: Recorder) -> None:
    block, _ = _engine(t)
    name = pool(t)
    template = _template(_reference(block), "engine", "cpu", properties={"host": {"type": "integer"}})
    t.patch(f"/work_pools/{name}", {"base_job_template": template})
    dep = deployment(t, flow(t).id, work_pool_name=name, job_variables={"cpu": 1}).id
    for number, variables in enumerate(({}, {"cpu": 0}, {"engine": {"host": 1}}, {"engine": {"host": "h"}})):
        body = {"name": t.name(f"run{number}"), "job_variables": variables}
        t.post(f"/deployments/{dep}/create_flow_run", body)

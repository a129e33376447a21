"""Refusals that are neither of a malformed body nor of a plain unknown id; and what few operations refuse at all."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, deployment, flow, run, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

OLD = {"x-prefect-api-version": "0.1.0"}
BROKEN = {"n": {"__prefect_kind": "json", "value": "{"}}


@case
def of_old_clients(t: Recorder) -> None:
    for path in ("/admin/settings", "/admin/storage", "/block_capabilities/"):
        t.get(path, headers=OLD)
    t.get("/automations/related-to/one", headers=OLD)
    t.delete("/automations/owned-by/one", headers=OLD)
    t.delete("/admin/storage", headers=OLD)
    t.post("/block_types/install_system_block_types", headers=OLD)


@case
def of_what_a_body_names(t: Recorder) -> None:
    one, none = flow(t).id, t.name("none")
    t.post("/flow_runs/", {"flow_id": NOBODY})
    t.post("/flow_runs/", {"flow_id": one, "work_pool_name": none})
    t.post("/task_runs/", {"flow_run_id": NOBODY, "task_key": none, "dynamic_key": "0"})
    t.post("/deployments/", {"flow_id": NOBODY, "name": "d"})
    t.post("/deployments/", {"flow_id": one, "name": "d", "work_pool_name": none})
    t.post("/deployments/", {"flow_id": one, "name": "d", "global_concurrency_limit_id": NOBODY})
    t.post("/block_schemas/", {"block_type_id": NOBODY, "fields": {}})
    t.send("PUT", "/admin/storage", {"default_result_storage_block_id": NOBODY})
    t.post(f"/flow_runs/{NOBODY}/input", {"key": "k", "value": "v"})


@case
def of_parameters(t: Recorder) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    dep = deployment(t, flow(t).id, enforce_parameter_schema=True, parameter_openapi_schema=schema).id
    for parameters in (BROKEN, {"n": "x"}):
        t.patch(f"/deployments/{dep}", {"parameters": parameters})
        t.post(f"/deployments/{dep}/create_flow_run", {"parameters": parameters})
        t.post(f"/deployments/{dep}/create_flow_run/bulk", [{"parameters": parameters}])
    t.post(f"/deployments/{dep}/create_flow_run/bulk", [{}] * 101)


@case
def of_names_that_are_taken(t: Recorder) -> None:
    names = [t.name(stem).replace("-", "_") for stem in "ab"]
    ids = [t.post("/variables/", {"name": name, "value": 1}).id for name in names]
    t.patch(f"/variables/{ids[0]}", {"name": names[1]})
    t.patch(f"/variables/name/{names[0]}", {"name": names[1]})
    limits = [t.post("/v2/concurrency_limits/", {"name": name, "limit": 1}).id for name in names]
    t.patch(f"/v2/concurrency_limits/{limits[0]}", {"name": names[1]})
    dep = deployment(t, flow(t).id).id
    schedules: list[dict[str, Any]] = [{"schedule": {"interval": 3600}, "slug": slug} for slug in ("a", "b")]
    made = t.post(f"/deployments/{dep}/schedules", schedules)
    t.patch(f"/deployments/{dep}/schedules/{made[1]['id']}", {"schedule": {"interval": 60}, "slug": "a"})


@case
def of_reserved_pools(t: Recorder) -> None:
    t.patch("/work_pools/prefect-reserved", {"description": "x"})
    t.delete("/work_pools/prefect-reserved")


@case
def of_nothing_there(t: Recorder) -> None:
    t.post(f"/flow_runs/{NOBODY}/input/filter", {"prefix": "x"})
    t.post(f"/deployments/{NOBODY}/schedule", {})
    t.post(f"/flow_runs/{NOBODY}/resume", {})


@case
def switched_on_again(t: Recorder) -> None:
    dep = deployment(t, flow(t).id, paused=True).id
    t.post(f"/deployments/{dep}/resume_deployment")
    t.get(f"/deployments/{dep}")
    t.post(f"/deployments/{dep}/pause_deployment")
    t.get(f"/deployments/{dep}")


@case
def one_state(t: Recorder) -> None:
    made = task_run(t, run(t, flow(t).id).id)
    t.get(f"/task_run_states/{made['state_id']}")

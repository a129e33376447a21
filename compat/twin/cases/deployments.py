"""Deployments: create as upsert, read, update, delete, parameters, job variables, limits, versions."""

from __future__ import annotations

from typing import Any

from compat.twin.making import BROKEN, NOBODY, SCHEMA, TEMPLATE, deployment, flow, loose_deployment, pool, run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

LIMIT_IDS = ("$.global_concurrency_limit.active_slots",)


@case
def create_bare(t: Recorder) -> None:
    made = deployment(t, flow(t).id)
    t.get(f"/deployments/{made.id}")
    t.get(f"/deployments/name/{t.name('flow')}/{t.name('dep')}")


@case
def create_full(t: Recorder) -> None:
    name = pool(t)
    made = deployment(
        t,
        flow(t, labels={"f": 1, "both": "flow"}).id,
        version="v1",
        description="what it does\n\nin words",
        tags=["b", "a", "b"],
        labels={"d": 2.5, "both": "deployment"},
        parameters={"n": 3, "word": "x"},
        parameter_openapi_schema=SCHEMA,
        enforce_parameter_schema=True,
        paused=True,
        path="/somewhere",
        entrypoint="file.py:go",
        pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": "/x"}}],
        work_pool_name=name,
        job_variables={"env": {"A": "b"}},
        concurrency_limit=4,
        concurrency_options={"collision_strategy": "ENQUEUE", "grace_period_seconds": 90},
        schedules=[
            {
                "active": False,
                "schedule": {"cron": "0 4 * * *", "timezone": "Europe/Paris"},
                "parameters": {"n": 5},
                "slug": "early",
                "max_scheduled_runs": 4,
            }
        ],
        version_info={"type": "git", "version": "abc"},
    )
    t.get(f"/deployments/{made.id}")


@case
def upsert(t: Recorder) -> None:
    one = flow(t).id
    first = deployment(t, one, tags=["a"], description="one", parameters={"x": 1}, concurrency_limit=2, version="1")
    deployment(t, one, tags=["b"], version="2")
    t.get(f"/deployments/{first.id}")
    deployment(t, one, description=None, parameters={}, concurrency_limit=None)
    t.get(f"/deployments/{first.id}")


@case
def upsert_keeps_or_replaces_schedules(t: Recorder) -> None:
    one = flow(t).id
    daily = {"schedule": {"cron": "0 0 * * *"}}
    first = deployment(t, one, paused=True, schedules=[daily, {"schedule": {"interval": 60, "anchor_date": t.at()}}])
    deployment(t, one, paused=True, tags=["again"])
    t.get(f"/deployments/{first.id}/schedules")
    deployment(t, one, paused=True, schedules=[{"schedule": {"cron": "1 1 * * *"}, "active": False}])
    t.get(f"/deployments/{first.id}/schedules")
    deployment(t, one, paused=True, schedules=[])
    t.get(f"/deployments/{first.id}/schedules")


@case
def same_name_under_two_flows(t: Recorder) -> None:
    for stem in ("a", "b"):
        deployment(t, flow(t, stem).id)
        t.get(f"/deployments/name/{t.name(stem)}/{t.name('dep')}")


@case
def create_refused(t: Recorder) -> None:
    one = flow(t).id
    t.post("/deployments/", {})
    t.post("/deployments/", {"name": t.name("d")})
    for bad in (
        {"name": "a/b"},
        {"name": "a%b"},
        {"name": None},
        {"tags": "x"},
        {"schedules": [{"schedule": {"cron": "61 * * * *"}}]},
        {"schedules": [{}]},
        {"schedules": {"cron": "* * * * *"}},
        {"concurrency_limit": 0},
        {"concurrency_limit": "x"},
        {"concurrency_options": {"collision_strategy": "FIGHT"}},
        {"concurrency_options": {}},
        {"concurrency_options": {"collision_strategy": "ENQUEUE", "grace_period_seconds": 1}},
        {"parameters": []},
        {"job_variables": "x"},
        {"surprise": 1},
        {"labels": {"a": {}}},
        {"version_info": {"version": "1"}},
        {"pull_steps": {}},
    ):
        t.post("/deployments/", {"name": t.name("d"), "flow_id": one, **bad})


@case
def unknown_neighbours(t: Recorder) -> None:
    one = flow(t).id
    t.post("/deployments/", {"name": "x", "flow_id": NOBODY})
    deployment(t, one, work_pool_name=t.name("none"))
    deployment(t, one, "b", storage_document_id=NOBODY)
    deployment(t, one, "c", infrastructure_document_id=NOBODY)
    deployment(t, one, "d", global_concurrency_limit_id=NOBODY)


@case
def missing(t: Recorder) -> None:
    t.get(f"/deployments/{NOBODY}")
    t.get("/deployments/x")
    t.get(f"/deployments/name/{t.name('no')}/{t.name('no')}")
    t.patch(f"/deployments/{NOBODY}", {"tags": []})
    t.delete(f"/deployments/{NOBODY}")
    t.post(f"/deployments/{NOBODY}/pause_deployment", {})
    t.post(f"/deployments/{NOBODY}/resume_deployment", {})
    t.post(f"/deployments/{NOBODY}/create_flow_run", {})
    t.get(f"/deployments/{NOBODY}/work_queue_check")
    t.get(f"/deployments/{NOBODY}/schedules")
    t.post(f"/deployments/{NOBODY}/schedules", [])
    t.post(f"/deployments/{NOBODY}/schedules", [{"schedule": {"cron": "* * * * *"}}])
    t.patch(f"/deployments/{NOBODY}/schedules/{NOBODY}", {"active": False})
    t.delete(f"/deployments/{NOBODY}/schedules/{NOBODY}")


@case
def update(t: Recorder) -> None:
    made = deployment(t, flow(t).id, tags=["a"], parameters={"x": 1}, description="one")
    t.patch(
        f"/deployments/{made.id}",
        {
            "tags": ["z", "y"],
            "description": "two",
            "version": "v9",
            "paused": True,
            "path": "p",
            "entrypoint": "e.py:f",
            "parameters": {"y": 2},
        },
    )
    t.get(f"/deployments/{made.id}")
    t.patch(f"/deployments/{made.id}", {})
    t.patch(f"/deployments/{made.id}", {"description": None, "version": None, "paused": False})
    t.get(f"/deployments/{made.id}")
    t.patch(
        f"/deployments/{made.id}",
        {"job_variables": {"a": 1}, "pull_steps": [{"s": {}}], "enforce_parameter_schema": False},
    )
    t.get(f"/deployments/{made.id}")


@case
def update_refused(t: Recorder) -> None:
    made = deployment(t, flow(t).id)
    for bad in (
        {"tags": None},
        {"paused": None},
        {"name": "x"},
        {"flow_id": NOBODY},
        {"schedules": 1},
        {"concurrency_limit": 0},
        {"surprise": 1},
    ):
        t.patch(f"/deployments/{made.id}", bad)
    body = {"work_queue_name": t.name("q"), "work_pool_name": None}
    t.until(lambda a: a.status < BROKEN, "PATCH", f"/deployments/{made.id}", body)
    t.get(f"/deployments/{made.id}")


@case
def update_moves_to_a_pool(t: Recorder) -> None:
    made = deployment(t, flow(t).id)
    name = pool(t)
    t.patch(f"/deployments/{made.id}", {"work_pool_name": name})
    t.get(f"/deployments/{made.id}")
    t.patch(f"/deployments/{made.id}", {"work_pool_name": name, "work_queue_name": "new"})
    t.get(f"/deployments/{made.id}")
    t.post(f"/work_pools/{name}/queues/filter", {}, unordered=("$",))


@case
def queue_without_a_pool(t: Recorder) -> None:
    made = loose_deployment(t, flow(t).id, "dep", work_queue_name=t.name("loose"))
    t.get(f"/deployments/{made.id}")
    t.get(f"/work_queues/name/{t.name('loose')}", ignore=("$.priority",))


@case
def queue_made_in_a_pool(t: Recorder) -> None:
    name = pool(t)
    deployment(t, flow(t).id, work_pool_name=name, work_queue_name="made")
    t.get(f"/work_pools/{name}/queues/made")


@case
def pool_deleted_below(t: Recorder) -> None:
    name = pool(t)
    made = deployment(t, flow(t).id, work_pool_name=name)
    t.delete(f"/work_pools/{name}")
    t.get(f"/deployments/{made.id}")


@case
def job_variables_checked(t: Recorder) -> None:
    one, name = flow(t).id, pool(t, base_job_template=TEMPLATE)
    deployment(t, one, "ok", work_pool_name=name, job_variables={"cpu": 2})
    deployment(t, one, "more", work_pool_name=name, job_variables={"cpu": 2, "other": 1})
    for number, bad in enumerate(({}, {"cpu": "x"}, {"cpu": 0}, {"cpu": 1, "command": 5})):
        deployment(t, one, f"bad{number}", work_pool_name=name, job_variables=bad)


@case
def parameters_checked(t: Recorder) -> None:
    one = flow(t).id
    deployment(t, one, "ok", parameter_openapi_schema=SCHEMA, parameters={"n": 1})
    deployment(t, one, "missing", parameter_openapi_schema=SCHEMA, parameters={})
    deployment(t, one, "wrong", parameter_openapi_schema=SCHEMA, parameters={"n": "x"})
    deployment(t, one, "free", parameter_openapi_schema=SCHEMA, parameters={"n": "x"}, enforce_parameter_schema=False)
    deployment(t, one, "schemaless", parameters={"n": "x"})
    deployment(t, one, "broken", parameter_openapi_schema={"type": "nonsense"}, parameters={"n": 1})
    deployment(t, one, "loop", parameter_openapi_schema={"$ref": "#"}, parameters={})


@case
def parameters_checked_on_update(t: Recorder) -> None:
    made = deployment(t, flow(t).id, parameter_openapi_schema=SCHEMA, parameters={"n": 1})
    t.patch(f"/deployments/{made.id}", {"parameters": {"n": "x"}})
    t.patch(f"/deployments/{made.id}", {"parameters": {"n": 7}})
    t.get(f"/deployments/{made.id}")
    t.patch(f"/deployments/{made.id}", {"parameters": {"n": "x"}, "enforce_parameter_schema": False})
    t.patch(f"/deployments/{made.id}", {"parameter_openapi_schema": {"type": "object"}, "parameters": {"n": "y"}})
    t.get(f"/deployments/{made.id}")


@case
def concurrency_limit(t: Recorder) -> None:
    one = flow(t).id
    made = deployment(t, one, concurrency_limit=3)
    t.patch(
        f"/deployments/{made.id}", {"concurrency_limit": 5, "concurrency_options": {"collision_strategy": "CANCEL_NEW"}}
    )
    t.get(f"/deployments/{made.id}")
    t.patch(f"/deployments/{made.id}", {"concurrency_limit": None})
    t.get(f"/deployments/{made.id}")
    ids = [made.id, deployment(t, one, "b", concurrency_limit=1).id, deployment(t, one, "c", concurrency_limit=9).id]
    for wanted in ({"ge_": 2}, {"le_": 4}, {"ge_": 1, "le_": 1}, {"is_null_": True}, {"is_null_": False}):
        body: dict[str, Any] = {"deployments": {"id": {"any_": ids}, "concurrency_limit": wanted}}
        t.post("/deployments/filter", body)


@case
def pause_and_resume(t: Recorder) -> None:
    made = deployment(t, flow(t).id, paused=True, schedules=[{"schedule": {"interval": 3600, "anchor_date": t.at()}}])
    t.post(
        f"/deployments/{made.id}/schedule", {"start_time": t.at(days=900), "end_time": t.at(days=901), "max_runs": 3}
    )
    mine = {"deployments": {"id": {"any_": [made.id]}}}
    t.post("/flow_runs/count", mine)
    t.post(f"/deployments/{made.id}/pause_deployment")
    t.post("/flow_runs/count", mine)
    t.get(f"/deployments/{made.id}")


@case
def delete(t: Recorder) -> None:
    one = flow(t).id
    made = deployment(t, one, schedules=[], concurrency_limit=2)
    hand = t.post(f"/deployments/{made.id}/create_flow_run", {"name": t.name("r")})
    plain = run(t, one, "other")
    t.delete(f"/deployments/{made.id}")
    t.get(f"/deployments/{made.id}")
    t.get(f"/flow_runs/{hand.id}")
    t.get(f"/flow_runs/{plain.id}")
    t.delete(f"/deployments/{made.id}")


@case
def bulk_delete(t: Recorder) -> None:
    one = flow(t).id
    ids = [deployment(t, one, f"d{i}").id for i in range(3)]
    t.post("/deployments/bulk_delete", {"deployments": {"id": {"any_": ids[:2]}}}, unordered=("$.deleted",))
    t.post("/deployments/bulk_delete", {"deployments": {"id": {"any_": ids[:2]}}})
    t.get(f"/deployments/{ids[2]}")
    t.post("/deployments/bulk_delete", {"deployments": {"id": {"any_": ids}}, "limit": 51})
    t.post("/deployments/bulk_delete", {"deployments": {"id": {"any_": ids}}, "limit": 0})


@case
def work_queue_check(t: Recorder) -> None:
    one, name = flow(t).id, pool(t)
    t.get(f"/deployments/{deployment(t, one, 'a', work_pool_name=name).id}/work_queue_check", only="status")
    t.get(f"/deployments/{deployment(t, one, 'b').id}/work_queue_check", only="status")
    t.get(
        f"/deployments/{loose_deployment(t, one, 'c', work_queue_name=t.name('q')).id}/work_queue_check", only="status"
    )


@case
def text_that_needs_care(t: Recorder) -> None:
    made = deployment(t, flow(t).id, description="é☃ \u2028 \\ \" '", tags=["a b", "é", ""], entrypoint="päth.py:f")
    t.get(f"/deployments/{made.id}")
    t.post("/deployments/filter", {"deployments": {"id": {"any_": [made.id]}, "tags": {"all_": ["é"]}}})

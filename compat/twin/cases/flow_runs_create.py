"""Flow runs: create, idempotency, read, update, labels, delete."""

from __future__ import annotations

from compat.twin.making import NOBODY, TEMPLATE, by_automation, deployment, flow, loose_deployment, pool, run, state
from compat.twin.recorder import Recorder
from compat.twin.registry import case


@case
def create_bare(t: Recorder) -> None:
    made = t.post("/flow_runs/", {"flow_id": flow(t).id})
    t.get(f"/flow_runs/{made.id}")


@case
def create_full(t: Recorder) -> None:
    made = t.post(
        "/flow_runs/",
        {
            "flow_id": flow(t, labels={"from": "flow", "both": "flow"}).id,
            "name": t.name("run"),
            "flow_version": "v1",
            "parameters": {"a": 1, "b": [1.5, None, {"c": "é☃"}]},
            "context": {"where": "here"},
            "tags": ["x", "y", "x"],
            "labels": {"team": "blue", "n": 1, "both": "run"},
            "empirical_policy": {"retries": 3, "retry_delay": 10, "resuming": False},
            "idempotency_key": t.name("key"),
            "job_variables": {"env": {"A": "1"}},
            "state": state("SCHEDULED", message="later", state_details={"scheduled_time": t.at(hours=2)}),
        },
    )
    t.get(f"/flow_runs/{made.id}")
    t.get(f"/flow_run_states/?flow_run_id={made.id}")


@case
def create_in_each_state(t: Recorder) -> None:
    one = flow(t)
    for kind in (
        "SCHEDULED",
        "PENDING",
        "RUNNING",
        "COMPLETED",
        "FAILED",
        "CRASHED",
        "CANCELLED",
        "CANCELLING",
        "PAUSED",
    ):
        run(t, one.id, kind, state=state(kind))


@case
def create_with_state_names(t: Recorder) -> None:
    one = flow(t)
    run(t, one.id, "a", state=state("COMPLETED", name="Skipped", message="not needed"))
    run(
        t,
        one.id,
        "b",
        state=state("SCHEDULED", name="AwaitingRetry", state_details={"scheduled_time": t.at(minutes=5)}),
    )
    run(
        t,
        one.id,
        "c",
        state=state(
            "PAUSED", name="Suspended", state_details={"pause_timeout": t.at(hours=1), "pause_reschedule": True}
        ),
    )
    run(t, one.id, "d", state=state("PENDING", name=None, data={"some": ["data"]}))


@case
def idempotency_key(t: Recorder) -> None:
    one, other = flow(t, "a"), flow(t, "b")
    first = run(t, one.id, idempotency_key=t.name("key"), tags=["first"])
    again = run(t, one.id, "again", idempotency_key=t.name("key"), tags=["second"])
    third = run(t, other.id, "third", idempotency_key=t.name("key"))
    t.post(
        "/flow_runs/filter", {"flow_runs": {"id": {"any_": sorted({first.id, again.id, third.id})}}, "sort": "NAME_ASC"}
    )
    run(t, one.id, "none", idempotency_key=None)


@case
def create_refused(t: Recorder) -> None:
    one = flow(t)
    t.post("/flow_runs/", {})
    t.post("/flow_runs/", {"flow_id": "x"})
    t.post("/flow_runs/", {"flow_id": None})
    for bad in (
        {"name": 1},
        {"tags": "x"},
        {"parameters": []},
        {"state": {"type": "DONE"}},
        {"state": {}},
        {"state": state("RUNNING", timestamp=t.at())},
        {"state": state("RUNNING", state_details={"unknown": 1})},
        {"empirical_policy": {"retries": "many"}},
        {"job_variables": 1},
        {"surprise": 1},
        {"labels": {"a": []}},
        {"deployment_id": "x"},
        {"parent_task_run_id": 5},
    ):
        t.post("/flow_runs/", {"flow_id": one.id, **bad})


@case
def create_for_a_pool(t: Recorder) -> None:
    one, name = flow(t), pool(t)
    t.post(f"/work_pools/{name}/queues", {"name": "fast"})
    made = run(t, one.id, work_pool_name=name)
    t.get(f"/flow_runs/{made.id}")
    run(t, one.id, "b", work_pool_name=name, work_queue_name="fast")
    run(t, one.id, "c", work_pool_name=name, work_queue_name="none")
    run(t, one.id, "d", work_pool_name=t.name("none"))


@case
def create_under_a_deployment(t: Recorder) -> None:
    one = flow(t, labels={"f": 1})
    dep = loose_deployment(
        t, one.id, "dep", labels={"d": 2}, tags=["dep"], parameters={"n": 1}, work_queue_name=t.name("q")
    )
    made = run(t, one.id, deployment_id=dep.id)
    t.get(f"/flow_runs/{made.id}")


@case
def read_missing(t: Recorder) -> None:
    t.get(f"/flow_runs/{NOBODY}")
    t.get("/flow_runs/no-id")
    t.delete(f"/flow_runs/{NOBODY}")
    t.patch(f"/flow_runs/{NOBODY}", {"name": "x"})
    t.patch(f"/flow_runs/{NOBODY}/labels", {"a": "b"})


@case
def update(t: Recorder) -> None:
    made = run(t, flow(t).id, tags=["a"])
    t.patch(
        f"/flow_runs/{made.id}",
        {
            "name": t.name("renamed"),
            "flow_version": "v2",
            "parameters": {"x": 1},
            "tags": ["z", "b"],
            "infrastructure_pid": "host:42",
            "empirical_policy": {"retries": 5, "retry_delay": 1, "retry_type": "in_process"},
        },
    )
    t.get(f"/flow_runs/{made.id}")
    t.patch(f"/flow_runs/{made.id}", {})
    t.patch(f"/flow_runs/{made.id}", {"name": None, "flow_version": None, "infrastructure_pid": None})
    t.get(f"/flow_runs/{made.id}")


@case
def update_refused(t: Recorder) -> None:
    made = run(t, flow(t).id)
    for bad in (
        {"name": 1},
        {"tags": None},
        {"parameters": None},
        {"state": {}},
        {"empirical_policy": None},
        {"id": NOBODY},
    ):
        t.patch(f"/flow_runs/{made.id}", bad)


@case
def update_job_variables(t: Recorder) -> None:
    one, name = flow(t), pool(t, base_job_template=TEMPLATE)
    dep = deployment(t, one.id, work_pool_name=name, job_variables={"cpu": 1})
    made = t.post(f"/deployments/{dep.id}/create_flow_run", {"name": t.name("r")})
    t.patch(f"/flow_runs/{made.id}", {"job_variables": {"cpu": 2}})
    t.get(f"/flow_runs/{made.id}")
    t.patch(f"/flow_runs/{made.id}", {"job_variables": {"cpu": 0}})
    loose = run(t, one.id, "loose", state=state("SCHEDULED"))
    t.patch(f"/flow_runs/{loose.id}", {"job_variables": {"cpu": 2}})
    busy = run(t, one.id, "busy", state=state("RUNNING"))
    t.patch(f"/flow_runs/{busy.id}", {"job_variables": {"cpu": 2}})
    t.patch(f"/flow_runs/{NOBODY}", {"job_variables": {"cpu": 2}})


@case
def labels(t: Recorder) -> None:
    made = run(t, flow(t).id, labels={"a": 1, "b": "two"})
    t.patch(f"/flow_runs/{made.id}/labels", {"b": "three", "c": 1.5, "d": True})
    t.get(f"/flow_runs/{made.id}")
    t.patch(f"/flow_runs/{made.id}/labels", {})
    t.patch(f"/flow_runs/{made.id}/labels", [])
    t.get(f"/flow_runs/{made.id}")


@case
def delete(t: Recorder) -> None:
    made = run(t, flow(t).id)
    t.delete(f"/flow_runs/{made.id}")
    t.get(f"/flow_runs/{made.id}")
    t.delete(f"/flow_runs/{made.id}")
    t.get(f"/flow_run_states/?flow_run_id={made.id}")


@case
def generated_name(t: Recorder) -> None:
    one = flow(t)
    t.post("/flow_runs/", {"flow_id": one.id})
    t.post("/flow_runs/", {"flow_id": one.id, "name": ""})


@case
def created_by_header(t: Recorder) -> None:
    one = flow(t)
    told = by_automation(t)
    t.post("/flow_runs/", {"flow_id": one.id}, headers=told)
    t.post("/flow_runs/", {"flow_id": one.id}, headers={**told, "prefect-automation-name": "no base64"})
    for name in told:
        t.post("/flow_runs/", {"flow_id": one.id}, headers={name: told[name]})


@case
def big_numbers_and_odd_parameters(t: Recorder) -> None:
    params = {"big": 2**70, "neg": -(2**65), "tiny": 1e-300, "nested": [[[]]], "": "empty key", "é": "ü", "null": None}
    made = run(t, flow(t).id, parameters=params)
    t.get(f"/flow_runs/{made.id}")
    t.post("/flow_runs/filter", {"flow_runs": {"id": {"any_": [made.id]}}})


@case
def bulk_delete(t: Recorder) -> None:
    one = flow(t)
    ids = [run(t, one.id, f"r{i}").id for i in range(3)]
    t.post("/flow_runs/bulk_delete", {"flow_runs": {"id": {"any_": ids[:2]}}}, unordered=("$.deleted",))
    t.post("/flow_runs/bulk_delete", {"flow_runs": {"id": {"any_": ids[:2]}}})
    t.get(f"/flow_runs/{ids[0]}")
    t.get(f"/flow_runs/{ids[2]}")
    t.post("/flow_runs/bulk_delete", {"flow_runs": {"id": {"any_": ids}}, "limit": 0})
    t.post("/flow_runs/bulk_delete", {"flow_runs": {"id": {"any_": ids}}, "limit": 51})
    t.post("/flow_runs/bulk_delete", {"flow_runs": {"id": {"any_": ids}}, "limit": "x"})

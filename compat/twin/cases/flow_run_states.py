"""Flow runs: what becomes of a proposed state, and the states' history."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, deployment, flow, pool, run, set_state, state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

KINDS = ("SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CRASHED", "CANCELLED", "CANCELLING", "PAUSED")


def _from(t: Recorder, kind: str) -> None:
    """Proposes every state to a run in that one."""
    one = flow(t).id
    for proposed in KINDS:
        made = run(t, one, f"{kind}-{proposed}", state=state(kind))
        set_state(t, made.id, proposed)
        t.get(f"/flow_runs/{made.id}", ignore=("$.empirical_policy.pause_keys[]",))


@case
def from_scheduled(t: Recorder) -> None:
    _from(t, "SCHEDULED")


@case
def from_pending(t: Recorder) -> None:
    _from(t, "PENDING")


@case
def from_running(t: Recorder) -> None:
    _from(t, "RUNNING")


@case
def from_completed(t: Recorder) -> None:
    _from(t, "COMPLETED")


@case
def from_failed(t: Recorder) -> None:
    _from(t, "FAILED")


@case
def from_crashed(t: Recorder) -> None:
    _from(t, "CRASHED")


@case
def from_cancelled(t: Recorder) -> None:
    _from(t, "CANCELLED")


@case
def from_cancelling(t: Recorder) -> None:
    _from(t, "CANCELLING")


@case
def from_paused(t: Recorder) -> None:
    _from(t, "PAUSED")


@case
def whole_life(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("SCHEDULED"))
    for kind in ("PENDING", "RUNNING", "COMPLETED"):
        set_state(t, made.id, kind, message=f"now {kind}", data={"kind": kind})
    t.get(f"/flow_runs/{made.id}")
    states = t.get(f"/flow_run_states/?flow_run_id={made.id}")
    t.get(f"/flow_run_states/{states[0]['id']}")


@case
def same_proposal_twice(t: Recorder) -> None:
    made = run(t, flow(t).id)
    key: dict[str, Any] = {"state_details": {"transition_id": t.uuid()}}
    set_state(t, made.id, "RUNNING", **key)
    set_state(t, made.id, "RUNNING", **key)
    set_state(t, made.id, "RUNNING", state_details={"transition_id": t.uuid(1)})
    set_state(t, made.id, "RUNNING")
    t.get(f"/flow_run_states/?flow_run_id={made.id}")
    t.get(f"/flow_runs/{made.id}")


@case
def pending_twice(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("SCHEDULED"))
    set_state(t, made.id, "PENDING", state_details={"transition_id": t.uuid()})
    set_state(t, made.id, "PENDING", state_details={"transition_id": t.uuid()})
    set_state(t, made.id, "PENDING", state_details={"transition_id": t.uuid(1)})
    set_state(t, made.id, "PENDING", name="Submitting")


@case
def too_early(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=10)}))
    answer = set_state(t, made.id, "PENDING")
    assert answer.status
    set_state(t, made.id, "RUNNING")
    set_state(t, made.id, "RUNNING", force=True)
    t.get(f"/flow_runs/{made.id}")


@case
def retries(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("RUNNING"), empirical_policy={"retries": 2, "retry_delay": 0})
    for _ in range(4):
        set_state(t, made.id, "FAILED", message="no luck")
        t.get(f"/flow_runs/{made.id}")
        set_state(t, made.id, "RUNNING", name="Retrying")
    t.get(f"/flow_run_states/?flow_run_id={made.id}")


@case
def retry_after_a_delay(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("RUNNING"), empirical_policy={"retries": 1, "retry_delay": 30})
    set_state(t, made.id, "FAILED")
    set_state(t, made.id, "RUNNING")
    t.get(f"/flow_runs/{made.id}")


@case
def retry_of_an_ended_run(t: Recorder) -> None:
    one = flow(t).id
    dep = deployment(t, one).id
    made = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("r")})
    set_state(t, made.id, "PENDING")
    set_state(t, made.id, "RUNNING")
    set_state(t, made.id, "FAILED")
    set_state(t, made.id, "SCHEDULED", name="AwaitingRetry", message="by hand")
    t.get(f"/flow_runs/{made.id}")
    set_state(t, made.id, "PENDING")
    set_state(t, made.id, "RUNNING")
    t.get(f"/flow_runs/{made.id}")


@case
def retry_by_hand_without_deployment(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("FAILED"))
    set_state(t, made.id, "SCHEDULED", name="AwaitingRetry")
    t.get(f"/flow_runs/{made.id}")


@case
def pauses(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("RUNNING"))
    pause = {"pause_timeout": t.at(hours=1), "pause_key": "one"}
    set_state(t, made.id, "PAUSED", state_details=pause)
    set_state(t, made.id, "RUNNING")
    t.get(f"/flow_runs/{made.id}")
    set_state(t, made.id, "PAUSED", state_details=pause)
    set_state(t, made.id, "PAUSED", state_details={**pause, "pause_key": "two"})
    set_state(t, made.id, "COMPLETED")
    t.get(f"/flow_runs/{made.id}", ignore=("$.empirical_policy.pause_keys[]",))


@case
def pause_of_what_cannot_pause(t: Recorder) -> None:
    one = flow(t).id
    parent = run(t, one, "p", state=state("RUNNING"))
    holder = task_run(t, parent.id, state=state("RUNNING"))
    child = run(t, one, "c", parent_task_run_id=holder.id, state=state("RUNNING"))
    details = {"pause_timeout": t.at(hours=1), "pause_reschedule": True, "pause_key": "k"}
    set_state(t, child.id, "PAUSED", name="Suspended", state_details=details)
    lone = run(t, one, "l", state=state("RUNNING"))
    set_state(t, lone.id, "PAUSED", name="Suspended", state_details=details)
    waiting = run(t, one, "w", state=state("PENDING"))
    set_state(t, waiting.id, "PAUSED", state_details=details)


@case
def cancelling(t: Recorder) -> None:
    one, name = flow(t).id, pool(t)
    made = run(t, one, "a", state=state("RUNNING"), work_pool_name=name)
    t.patch(f"/flow_runs/{made.id}", {"infrastructure_pid": "host:1"})
    set_state(t, made.id, "CANCELLING")
    set_state(t, made.id, "RUNNING")
    set_state(t, made.id, "CANCELLED")
    t.get(f"/flow_runs/{made.id}")
    idle = run(t, one, "b", state=state("SCHEDULED"), work_pool_name=name)
    set_state(t, idle.id, "CANCELLING")
    t.get(f"/flow_runs/{idle.id}")
    loose = run(t, one, "c", state=state("PENDING"))
    set_state(t, loose.id, "CANCELLING")


@case
def force(t: Recorder) -> None:
    made = run(t, flow(t).id, state=state("COMPLETED"))
    set_state(t, made.id, "RUNNING")
    set_state(t, made.id, "RUNNING", force=True)
    set_state(t, made.id, "SCHEDULED", force=True, name="Odd", message="why not")
    t.get(f"/flow_runs/{made.id}")


@case
def proposals_refused(t: Recorder) -> None:
    made = run(t, flow(t).id)
    at = f"/flow_runs/{made.id}/set_state"
    t.post(at, {})
    t.post(at, {"state": {}})
    t.post(at, {"state": {"type": "GONE"}})
    t.post(at, {"state": "RUNNING"})
    t.post(at, {"state": state("RUNNING", id=NOBODY)})
    t.post(at, {"state": state("RUNNING"), "force": 7})
    t.post(at, {"state": state("RUNNING", message=5)})
    t.post(at, {"state": state("SCHEDULED", state_details={"scheduled_time": "soon"})})
    t.post(at, {"state": state("RUNNING"), "surprise": 1})
    t.post(f"/flow_runs/{NOBODY}/set_state", {"state": state("RUNNING")})


@case
def parents_view_follows(t: Recorder) -> None:
    one = flow(t).id
    parent = run(t, one, "p", state=state("RUNNING"))
    holder = task_run(t, parent.id, state=state("PENDING"))
    child = run(t, one, "c", parent_task_run_id=holder.id, state=state("PENDING"))
    for kind in ("RUNNING", "COMPLETED"):
        set_state(t, child.id, kind, message="child")
        t.get(f"/task_runs/{holder.id}")
    t.get(f"/task_run_states/?task_run_id={holder.id}")


@case
def read_states(t: Recorder) -> None:
    t.get(f"/flow_run_states/{NOBODY}")
    t.get(f"/flow_run_states/?flow_run_id={NOBODY}")
    t.get("/flow_run_states/")
    t.get("/flow_run_states/?flow_run_id=x")
    t.get("/flow_run_states/x")


@case
def deployment_limit(t: Recorder) -> None:
    one, name = flow(t).id, pool(t)
    dep = deployment(
        t, one, work_pool_name=name, concurrency_limit=1, concurrency_options={"collision_strategy": "CANCEL_NEW"}
    ).id
    ids = [t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name(f"r{i}")}).id for i in range(2)]
    lease = ("$.state.state_details.deployment_concurrency_lease_id",)
    for one_run in ids:
        t.post(f"/flow_runs/{one_run}/set_state", {"state": state("PENDING")}, ignore=lease)
    t.post(f"/flow_runs/{ids[0]}/set_state", {"state": state("RUNNING")}, ignore=lease)
    t.post(f"/flow_runs/{ids[0]}/set_state", {"state": state("COMPLETED")}, ignore=lease)
    third = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("r3")})
    t.post(f"/flow_runs/{third.id}/set_state", {"state": state("PENDING")}, ignore=lease)


@case
def deployment_limit_enqueues(t: Recorder) -> None:
    one, name = flow(t).id, pool(t)
    dep = deployment(t, one, work_pool_name=name, concurrency_limit=1).id
    ids = [t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name(f"r{i}")}).id for i in range(2)]
    lease = ("$.state.state_details.deployment_concurrency_lease_id",)
    for one_run in ids:
        t.post(f"/flow_runs/{one_run}/set_state", {"state": state("PENDING")}, ignore=lease)
    t.get(f"/flow_runs/{ids[1]}", ignore=lease)
    t.post(f"/flow_runs/{ids[0]}/set_state", {"state": state("CANCELLED")}, ignore=lease)
    t.get(f"/deployments/{dep}")

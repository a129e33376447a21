"""The slots that flow runs hold of their deployment's limit, by the server's own rules."""

from __future__ import annotations

from typing import Any

from compat.twin.making import deployment, flow, state
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case

NEW = {"user-agent": "prefect/3.9.1 (API 0.8.4)"}
OLD = {"user-agent": "prefect/3.4.10 (API 0.8.4)"}
TAKES_ITSELF = {"user-agent": "prefect/3.0.2 (API 0.8.4)"}
ENDS = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def limited(t: Recorder, size: int = 1, strategy: str | None = None, **fields: Any) -> str:
    """A deployment with a limit; its id."""
    options = {"concurrency_options": {"collision_strategy": strategy}} if strategy else {}
    return deployment(t, flow(t).id, concurrency_limit=size, **options, **fields).id


def a_run(t: Recorder, dep: str, name: str = "run", **fields: Any) -> str:
    """A run of a deployment."""
    return t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name(name), **fields}).id


def propose(
    t: Recorder, run_id: str, kind: str, *, client: dict[str, str] = NEW, force: bool = False, **fields: Any
) -> Answer:
    """Proposes a state as a client of some version does."""
    body = {"state": state(kind, **fields), "force": force}
    return t.post(f"/flow_runs/{run_id}/set_state", body, headers=client)


def show(t: Recorder, dep: str) -> Answer:
    """How many slots are in use."""
    return t.get(f"/deployments/{dep}")


@case
def ends_give_back(t: Recorder) -> None:
    dep = limited(t)
    for end in ENDS:
        one = a_run(t, dep, end)
        propose(t, one, "PENDING")
        propose(t, one, "RUNNING")
        propose(t, one, end)
        show(t, dep)


@case
def who_comes_too_late_asks_again(t: Recorder) -> None:
    dep = limited(t)
    one, two = a_run(t, dep, "one"), a_run(t, dep, "two")
    propose(t, one, "PENDING")
    propose(t, two, "PENDING")
    propose(t, two, "PENDING")
    t.get(f"/flow_runs/{two}")
    propose(t, one, "COMPLETED")
    propose(t, two, "PENDING")
    t.get(f"/flow_runs/{two}")


@case
def ends_before_beginning_give_back(t: Recorder) -> None:
    dep = limited(t)
    for end in (*ENDS, "SCHEDULED"):
        one = a_run(t, dep, end)
        propose(t, one, "PENDING")
        propose(t, one, "PENDING", name="Submitting")
        show(t, dep)
        propose(t, one, end)
        show(t, dep)


@case
def pauses_give_back(t: Recorder) -> None:
    dep = limited(t)
    for reschedule in (False, True):
        one = a_run(t, dep, f"r{reschedule}")
        propose(t, one, "PENDING")
        propose(t, one, "RUNNING")
        details = {"pause_timeout": t.at(hours=1), "pause_reschedule": reschedule, "pause_key": "k"}
        propose(t, one, "PAUSED", state_details=details)
        show(t, dep)
        t.post(f"/flow_runs/{one}/resume", {}, headers=NEW)
        show(t, dep)
        if reschedule:
            propose(t, one, "PENDING")
            show(t, dep)
            propose(t, one, "RUNNING")
            propose(t, one, "COMPLETED")
            show(t, dep)


@case
def cancelling_holds(t: Recorder) -> None:
    dep = limited(t)
    one = a_run(t, dep)
    propose(t, one, "PENDING")
    propose(t, one, "RUNNING")
    propose(t, one, "CANCELLING")
    show(t, dep)
    propose(t, one, "COMPLETED")
    show(t, dep)
    propose(t, one, "CANCELLED")
    show(t, dep)


@case
def deletion_gives_back(t: Recorder) -> None:
    dep = limited(t, 2)
    one, two, idle = a_run(t, dep, "one"), a_run(t, dep, "two"), a_run(t, dep, "idle")
    propose(t, one, "PENDING")
    propose(t, two, "PENDING")
    propose(t, two, "RUNNING")
    propose(t, idle, "PENDING")
    t.delete(f"/flow_runs/{idle}")
    show(t, dep)
    t.delete(f"/flow_runs/{one}")
    show(t, dep)
    t.post("/flow_runs/bulk_delete", {"flow_runs": {"id": {"any_": [two]}}})
    show(t, dep)


@case
def force_takes_none_and_gives_back(t: Recorder) -> None:
    dep = limited(t, 2)
    one, two = a_run(t, dep, "one"), a_run(t, dep, "two")
    propose(t, one, "PENDING")
    propose(t, two, "PENDING", force=True)
    show(t, dep)
    propose(t, one, "RUNNING", force=True)
    propose(t, one, "CANCELLED", force=True)
    show(t, dep)


@case
def retries_in_the_process_hold(t: Recorder) -> None:
    dep = limited(t)
    one = a_run(t, dep, empirical_policy={"retries": 1, "retry_delay": 0})
    propose(t, one, "PENDING")
    propose(t, one, "RUNNING")
    propose(t, one, "FAILED")
    show(t, dep)
    propose(t, one, "RUNNING", name="Retrying")
    show(t, dep)
    again = a_run(t, dep, "again")
    propose(t, again, "PENDING")


@case
def rescheduled_runs_ask_again(t: Recorder) -> None:
    dep = limited(t)
    one = a_run(t, dep)
    propose(t, one, "PENDING")
    propose(t, one, "RUNNING")
    propose(t, one, "SCHEDULED", name="AwaitingRetry")
    show(t, dep)
    propose(t, one, "PENDING")
    show(t, dep)
    propose(t, one, "RUNNING")
    propose(t, one, "FAILED")
    propose(t, one, "SCHEDULED", name="AwaitingRetry")
    propose(t, one, "PENDING")
    propose(t, one, "PENDING")
    show(t, dep)


@case
def repeated_proposals(t: Recorder) -> None:
    dep = limited(t, 2)
    one = a_run(t, dep)
    for _ in range(2):
        propose(t, one, "PENDING", state_details={"transition_id": t.uuid(1)})
        show(t, dep)
    for _ in range(2):
        propose(t, one, "RUNNING", state_details={"transition_id": t.uuid(2)})
        show(t, dep)


@case
def leases_of_runs(t: Recorder) -> None:
    dep = limited(t)
    for client in (NEW, OLD, {}):
        one = a_run(t, dep, str(len(client)))
        taken = propose(t, one, "PENDING", client=client)
        lease = taken["state"]["state_details"]["deployment_concurrency_lease_id"]
        t.post(f"/v2/concurrency_limits/leases/{lease}/renew", {"lease_duration": 60})
        propose(t, one, "RUNNING", client=client)
        show(t, dep)
        propose(t, one, "COMPLETED", client=client)
        t.post(f"/v2/concurrency_limits/leases/{lease}/renew", {"lease_duration": 60})
        show(t, dep)


@case
def a_lease_given_up_before_the_run_begins(t: Recorder) -> None:
    dep = limited(t)
    one, two = a_run(t, dep, "one"), a_run(t, dep, "two")
    lease = propose(t, one, "PENDING")["state"]["state_details"]["deployment_concurrency_lease_id"]
    t.post("/v2/concurrency_limits/decrement-with-lease", {"lease_id": lease})
    show(t, dep)
    propose(t, one, "RUNNING")
    show(t, dep)
    propose(t, one, "COMPLETED")
    lease = propose(t, two, "PENDING")["state"]["state_details"]["deployment_concurrency_lease_id"]
    t.post("/v2/concurrency_limits/decrement-with-lease", {"lease_id": lease})
    propose(t, a_run(t, dep, "third"), "PENDING")
    propose(t, two, "RUNNING")
    t.get(f"/flow_runs/{two}")


@case
def clients_that_take_slots_themselves(t: Recorder) -> None:
    dep = limited(t)
    one = a_run(t, dep)
    propose(t, one, "PENDING", client=TAKES_ITSELF)
    show(t, dep)


@case
def no_slots_at_all(t: Recorder) -> None:
    dep = limited(t)
    limit = show(t, dep)["global_concurrency_limit"]["id"]
    t.patch(f"/v2/concurrency_limits/{limit}", {"limit": 0})
    one = a_run(t, dep)
    propose(t, one, "PENDING")
    t.get(f"/flow_runs/{one}")


@case
def a_deployment_that_was_deleted(t: Recorder) -> None:
    dep = limited(t)
    one = a_run(t, dep)
    propose(t, one, "FAILED")
    t.delete(f"/deployments/{dep}")
    propose(t, one, "PENDING")
    propose(t, one, "PENDING", force=True)


@case
def a_limit_shared_by_deployments(t: Recorder) -> None:
    limit = t.post("/v2/concurrency_limits/", {"name": t.name("shared"), "limit": 1})
    first = deployment(t, flow(t).id, "first", global_concurrency_limit_id=limit.id).id
    second = deployment(
        t,
        flow(t).id,
        "second",
        global_concurrency_limit_id=limit.id,
        concurrency_options={"collision_strategy": "CANCEL_NEW", "grace_period_seconds": 60},
    ).id
    one, two = a_run(t, first, "one"), a_run(t, second, "two")
    propose(t, one, "PENDING")
    propose(t, two, "PENDING")
    propose(t, one, "CRASHED")
    propose(t, a_run(t, second, "three"), "PENDING")
    t.get(f"/v2/concurrency_limits/{limit.id}")

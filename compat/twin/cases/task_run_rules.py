"""What the server's own rules do to task runs: slots of their tags, remembered results, retries for old clients."""

from __future__ import annotations

from typing import Any

from compat.twin.making import flow, run, state, task_run
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case

ENDS = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def tagged(t: Recorder, parent: str, key: str, *stems: str, **fields: Any) -> str:
    """A pending task run with tags."""
    return task_run(t, parent, key, tags=[t.name(stem) for stem in stems], state=state("PENDING"), **fields).id


def ask(
    t: Recorder, run_id: str, kind: str, *, force: bool = False, ignore: tuple[str, ...] = (), **fields: Any
) -> Answer:
    """Proposes a state for a task run."""
    return t.post(f"/task_runs/{run_id}/set_state", {"state": state(kind, **fields), "force": force}, ignore=ignore)


def limit_tag(t: Recorder, stem: str, size: int) -> None:
    """Limits a tag."""
    t.post("/concurrency_limits/", {"tag": t.name(stem), "concurrency_limit": size})


def in_use(t: Recorder, *stems: str) -> None:
    """Who holds the slots of tags."""
    for stem in stems:
        t.get(f"/concurrency_limits/tag/{t.name(stem)}", unordered=("$.active_slots",))
        t.get(f"/v2/concurrency_limits/tag:{t.name(stem)}")


@case
def tags_full_and_given_back(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    limit_tag(t, "tag", 1)
    waiting = tagged(t, parent, "waiting", "tag", "free")
    for end in (*ENDS, "SCHEDULED", "PAUSED"):
        one = tagged(t, parent, end, "tag")
        ask(t, one, "RUNNING")
        ask(t, waiting, "RUNNING")
        ask(t, one, end)
        t.get(f"/v2/concurrency_limits/tag:{t.name('tag')}")


@case
def who_holds_a_tag(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    limit_tag(t, "tag", 2)
    one = tagged(t, parent, "one", "tag")
    ask(t, one, "RUNNING")
    in_use(t, "tag")
    ask(t, one, "COMPLETED")
    in_use(t, "tag")


@case
def tags_of_no_slots(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    limit_tag(t, "none", 0)
    one = tagged(t, parent, "one", "none")
    ask(t, one, "RUNNING")
    t.get(f"/task_runs/{one}")
    ask(t, one, "RUNNING", force=True)
    in_use(t, "none")


@case
def all_tags_or_none(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    limit_tag(t, "wide", 3)
    limit_tag(t, "narrow", 1)
    one, two = tagged(t, parent, "one", "wide", "narrow"), tagged(t, parent, "two", "narrow", "wide")
    ask(t, one, "RUNNING")
    # The peer names them in an order of chance.
    ask(t, two, "RUNNING", ignore=("$.details.reason",))
    in_use(t, "wide", "narrow")
    ask(t, one, "CANCELLING")
    in_use(t, "wide", "narrow")
    ask(t, one, "CANCELLED", force=True)
    in_use(t, "wide", "narrow")
    ask(t, two, "RUNNING")
    in_use(t, "wide", "narrow")


@case
def tags_of_runs_in_flows_that_do_not_run(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("COMPLETED")).id
    limit_tag(t, "tag", 1)
    ask(t, tagged(t, parent, "one", "tag"), "RUNNING")
    in_use(t, "tag")


@case
def results_are_remembered(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    key = {"cache_key": t.name("key")}
    first, second, third = (tagged(t, parent, name) for name in ("first", "second", "third"))
    ask(t, first, "RUNNING", state_details=key)
    ask(t, first, "COMPLETED", state_details=key, message="done", data={"type": "reference", "n": 1})
    ask(t, second, "RUNNING", state_details=key)
    t.get(f"/task_runs/{second}")
    t.get(f"/task_run_states/?task_run_id={second}")
    ask(t, third, "RUNNING", state_details={**key, "refresh_cache": True})
    ask(t, third, "COMPLETED", state_details=key, data={"type": "reference", "n": 2})
    ask(t, tagged(t, parent, "fourth"), "RUNNING", state_details=key)
    ask(t, tagged(t, parent, "fifth"), "RUNNING", state_details={"cache_key": t.name("other")})


@case
def results_expire(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    for name, when in (("past", t.at(hours=-1)), ("future", t.at(hours=1))):
        key = {"cache_key": t.name(name), "cache_expiration": when}
        one = tagged(t, parent, f"{name}-1")
        ask(t, one, "RUNNING")
        ask(t, one, "COMPLETED", state_details=key, data={"type": "reference"})
        ask(t, tagged(t, parent, f"{name}-2"), "RUNNING", state_details=key)


@case
def results_of_deleted_task_runs(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    key = {"cache_key": t.name("key")}
    one = tagged(t, parent, "one")
    ask(t, one, "RUNNING")
    ask(t, one, "COMPLETED", state_details=key)
    t.delete(f"/task_runs/{one}")
    ask(t, tagged(t, parent, "two"), "RUNNING", state_details=key)


@case
def cache_keys_that_are_too_long(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    key = {"cache_key": t.name("k" * 2000)}
    one = tagged(t, parent, "one")
    ask(t, one, "RUNNING", state_details=key)
    ask(t, one, "COMPLETED", state_details=key)
    ask(t, tagged(t, parent, "two"), "RUNNING", state_details=key)


@case
def old_clients_retry_failed_tasks(t: Recorder) -> None:
    old = {"x-prefect-api-version": "0.8.2"}
    parent = run(t, flow(t).id, state=state("RUNNING"), empirical_policy={"retries": 1, "retry_delay": 5}).id
    ids: list[str] = []
    for name, end in (("bad", "FAILED"), ("good", "COMPLETED"), ("worse", "FAILED")):
        one = tagged(t, parent, name)
        ask(t, one, "RUNNING")
        ask(t, one, end)
        ids.append(one)
    t.post(f"/flow_runs/{parent}/set_state", {"state": state("FAILED", message="no")}, headers=old)
    for one in ids:
        t.get(f"/task_runs/{one}")
    t.get(f"/task_run_states/?task_run_id={ids[0]}")
    ask(t, ids[0], "RUNNING")

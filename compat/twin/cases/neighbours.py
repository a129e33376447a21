"""Every list, count and chart, asked by every filter that it takes: of two things that differ in all, one is found."""

from __future__ import annotations

from typing import Any

from compat.twin.contract import contract
from compat.twin.making import deployment, flow, pool, set_state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

UNORDERED = ("$", "$.results", "$[].states")

Wanted = dict[str, Any]
"""By the name of a filter, as bodies have it: what it says."""


def _two(t: Recorder, **planned: float) -> tuple[Wanted, Wanted]:
    """Two of everything; the filters that choose both, and those that choose the first."""
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": t.at(**(planned or {"hours": 1}))}}
    name = pool(t)
    queues = [t.post(f"/work_pools/{name}/queues", {"name": queue}).id for queue in ("fast", "slow")]
    made: dict[str, list[str]] = {"flows": [], "deployments": [], "flow_runs": [], "task_runs": [], "artifacts": []}
    for stem, place in (("a", {"work_pool_name": name, "work_queue_name": "fast"}), ("b", {})):
        one = flow(t, stem).id
        dep = deployment(t, one, stem, **place).id
        of_it = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name(stem), "state": later}).id
        task = task_run(t, of_it, stem).id
        set_state(t, task, "RUNNING", of="task", force=True)
        set_state(t, task, "COMPLETED", of="task", force=True)
        artifact = t.post("/artifacts/", {"key": t.name(stem), "flow_run_id": of_it, "task_run_id": task}).id
        for kind, id_ in zip(made, (one, dep, of_it, task, artifact), strict=True):
            made[kind].append(id_)
    pool_id = t.get(f"/work_pools/{name}").id
    first = {kind: {"id": {"any_": ids[:1]}} for kind, ids in made.items()}
    first["work_pools"] = {"id": {"any_": [pool_id]}}
    first["work_pool_queues"] = first["work_queues"] = {"id": {"any_": queues[:1]}}
    return {kind: {"id": {"any_": ids}} for kind, ids in made.items()}, first


def _ask(t: Recorder, path: str, own: str, both: Wanted, first: Wanted, **more: Any) -> None:
    body = {**more, own: both[own]}
    t.post(path, body, unordered=UNORDERED)
    operation = contract().operation("POST", path)
    assert operation, path
    for name in operation.filters:
        t.post(path, {**body, name: first[name]}, unordered=UNORDERED)


def _lists(t: Recorder, kind: str, own: str | None = None, **more: Any) -> None:
    both, first = _two(t)
    for last in ("filter", "count", "paginate"):
        if contract().operation("POST", f"/{kind}/{last}"):
            _ask(t, f"/{kind}/{last}", own or kind, both, first, **more)


@case
def of_flows(t: Recorder) -> None:
    _lists(t, "flows")


@case
def of_deployments(t: Recorder) -> None:
    _lists(t, "deployments")


@case
def of_flow_runs(t: Recorder) -> None:
    _lists(t, "flow_runs")


@case
def of_task_runs(t: Recorder) -> None:
    _lists(t, "task_runs")


@case
def of_artifacts(t: Recorder) -> None:
    _lists(t, "artifacts")


@case
def of_the_latest_artifacts(t: Recorder) -> None:
    both, first = _two(t)
    both["artifacts"], first["artifacts"] = ({"latest_id": wanted["artifacts"]["id"]} for wanted in (both, first))
    for last in ("filter", "count"):
        _ask(t, f"/artifacts/latest/{last}", "artifacts", both, first)


@case
def of_charts(t: Recorder) -> None:
    both, first = _two(t)
    span = {"history_start": t.at(hours=-3), "history_end": t.at(hours=3), "history_interval_seconds": 7200}
    _ask(t, "/flow_runs/history", "flow_runs", both, first, **span)
    _ask(t, "/task_runs/history", "task_runs", both, first, **span)
    _ask(t, "/ui/flow_runs/history", "flow_runs", both, first)


@case
def of_counts_by_state(t: Recorder) -> None:
    both, first = _two(t)
    _ask(t, "/ui/task_runs/count", "task_runs", both, first)
    # Now is in the middle of one of the twenty parts, wherever in its minute it is.
    span = {"start_time": {"after_": t.at(hours=-95), "before_": t.at(hours=105)}}
    both["task_runs"] |= span
    first["task_runs"] |= span
    _ask(t, "/ui/task_runs/dashboard/counts", "task_runs", both, first)


@case
def of_lateness(t: Recorder) -> None:
    both, first = _two(t, hours=-1)
    operation = contract().operation("POST", "/flow_runs/lateness")
    assert operation
    for name in operation.filters:
        late = t.post("/flow_runs/lateness", {"flow_runs": both["flow_runs"], name: first[name]}, ignore=("$",))
        assert late.body > 0
        nobody = {**first[name], "id": {"any_": [t.uuid()]}}
        t.post("/flow_runs/lateness", {"flow_runs": both["flow_runs"], name: nobody})

"""Every order of every list that can be told apart: the same things in each, asked for at all operations that sort."""

from __future__ import annotations

from typing import Any

from compat.twin.contract import contract
from compat.twin.making import deployment, flow, run, set_state, state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

# Where the peer leaves the order to chance, or to ids that it draws at random.
TIES = ("ID_DESC",)


def _ask(t: Recorder, path: str, mine: dict[str, Any], ties: tuple[str, ...] = TIES) -> None:
    operation = contract().operation("POST", path)
    assert operation, path
    for sort in operation.sorts["sort"]:
        unordered = ("$", "$.results") if sort in ties else ()
        t.post(path, {**mine, "sort": sort}, unordered=unordered)


@case
def of_flows(t: Recorder) -> None:
    ids = [flow(t, stem).id for stem in "bca"]
    t.patch(f"/flows/{ids[0]}", {"tags": ["changed"]})
    for last in ("filter", "paginate"):
        _ask(t, f"/flows/{last}", {"flows": {"id": {"any_": ids}}})


@case
def of_deployments(t: Recorder) -> None:
    one = flow(t).id
    ids = [deployment(t, one, stem).id for stem in "bca"]
    t.patch(f"/deployments/{ids[0]}", {"tags": ["changed"]})
    for last in ("filter", "paginate"):
        _ask(t, f"/deployments/{last}", {"deployments": {"id": {"any_": ids}}})


@case
def of_flow_runs_that_ended(t: Recorder) -> None:
    one = flow(t).id
    ids = [run(t, one, stem, state=state("RUNNING")).id for stem in "bca"]
    for id_ in (ids[1], ids[2], ids[0]):
        set_state(t, id_, "COMPLETED", force=True)
    mine = {"flow_runs": {"id": {"any_": ids}}}
    for path in ("/flow_runs/filter", "/flow_runs/paginate", "/ui/flow_runs/history"):
        _ask(t, path, mine, (*TIES, "NEXT_SCHEDULED_START_TIME_ASC"))


@case
def of_flow_runs_to_come(t: Recorder) -> None:
    one = flow(t).id
    ids = [
        run(t, one, stem, state=state("SCHEDULED", state_details={"scheduled_time": t.at(hours=hours)})).id
        for stem, hours in (("b", 2), ("c", 3), ("a", 1))
    ]
    mine = {"flow_runs": {"id": {"any_": ids}}}
    for path in ("/flow_runs/filter", "/flow_runs/paginate", "/ui/flow_runs/history"):
        for sort in ("NEXT_SCHEDULED_START_TIME_ASC", "EXPECTED_START_TIME_ASC", "EXPECTED_START_TIME_DESC"):
            t.post(path, {**mine, "sort": sort})


@case
def of_task_runs_that_ended(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    ids = [task_run(t, parent, stem, state=state("RUNNING")).id for stem in "bca"]
    # Who began first ends last, so how long they ran has an order of its own.
    for id_ in reversed(ids):
        set_state(t, id_, "COMPLETED", of="task", force=True)
    mine = {"task_runs": {"id": {"any_": ids}}}
    for last in ("filter", "paginate"):
        _ask(t, f"/task_runs/{last}", mine, (*TIES, "NEXT_SCHEDULED_START_TIME_ASC"))


@case
def of_task_runs_to_come(t: Recorder) -> None:
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    ids = [
        task_run(t, parent, stem, state=state("SCHEDULED", state_details={"scheduled_time": t.at(hours=hours)})).id
        for stem, hours in (("b", 2), ("c", 3), ("a", 1))
    ]
    for last in ("filter", "paginate"):
        wanted = {"task_runs": {"id": {"any_": ids}}, "sort": "NEXT_SCHEDULED_START_TIME_ASC"}
        t.post(f"/task_runs/{last}", wanted)


@case
def of_block_documents(t: Recorder) -> None:
    kinds = [t.post("/block_types/", {"name": t.name(stem), "slug": t.name(stem)}).id for stem in "ba"]
    made: list[str] = []
    for kind, stem in ((kinds[0], "x"), (kinds[0], "z"), (kinds[1], "y")):
        schema = t.post("/block_schemas/", {"fields": {"title": t.name(stem)}, "block_type_id": kind}).id
        body = {"name": t.name(stem), "block_type_id": kind, "block_schema_id": schema, "data": {}}
        made.append(t.post("/block_documents/", body).id)
    _ask(t, "/block_documents/filter", {"block_documents": {"id": {"any_": made}}})


@case
def of_observed_states(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    for number, stem in enumerate(("b", "c", "a")):
        set_state(t, one, "RUNNING", name=t.name(f"{t.suffix}{stem}{number}"), force=True)
    for order in ("NAME_ASC", "LAST_SEEN_DESC"):
        t.get(f"/observed-states?query={t.suffix}&order_by={order}")

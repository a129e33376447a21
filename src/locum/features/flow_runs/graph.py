"""What the runs inside a flow run made of one another: nodes, and the edges that their inputs tell of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel

from locum.domain.errors import BadRequest, NotFound
from locum.domain.moments import Moment
from locum.domain.states import State, StateType
from locum.features.flow_runs.store import graph as store
from locum.features.task_runs.schemas import TaskRunResult
from locum.infra.db import Executor

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_ENCLOSING = "__parents__"


class GraphState(BaseModel):
    """A state of the flow run."""

    id: UUID
    timestamp: Moment
    type: StateType
    name: str


class GraphArtifact(BaseModel):
    """An artifact that one of the runs made."""

    id: UUID
    created: Moment
    key: str | None
    type: str | None
    is_latest: bool
    data: Any | None


class Edge(BaseModel):
    """The other end of a tie between nodes."""

    id: UUID


class Node(BaseModel):
    """A task run or subflow run."""

    kind: Literal["flow-run", "task-run"]
    id: UUID
    label: str
    state_type: StateType
    start_time: Moment
    end_time: Moment | None
    parents: list[Edge]
    children: list[Edge]
    encapsulating: list[Edge]
    artifacts: list[GraphArtifact]


class Graph(BaseModel):
    """The graph of a flow run."""

    start_time: Moment | None
    end_time: Moment | None
    root_node_ids: list[UUID]
    nodes: list[tuple[UUID, Node]]
    artifacts: list[GraphArtifact]
    states: list[GraphState]


class DependencyResult(BaseModel):
    """A task run and what it depends on."""

    id: UUID
    name: str
    upstream_dependencies: list[TaskRunResult]
    state: State | None
    expected_start_time: Moment | None
    start_time: Moment | None
    end_time: Moment | None
    total_run_time: float | None
    estimated_run_time: float | None
    untrackable_result: bool


@dataclass
class _Ties:
    """The ties of one node, each end named once, in the order in which the other ends began."""

    parents: dict[UUID, None] = field(default_factory=dict[UUID, None])
    children: dict[UUID, None] = field(default_factory=dict[UUID, None])
    enclosing: dict[UUID, None] = field(default_factory=dict[UUID, None])


async def read(tx: Executor, run_id: UUID, since: datetime, most: int, most_artifacts: int) -> dict[str, Any]:
    """The graph as it is answered, without nodes that ended before `since`, and with the oldest artifacts.

    Raises NotFound; BadRequest where it would have more than `most` nodes.
    """
    run = await store.run(tx, run_id)
    if run is None:
        raise NotFound(f"Flow run {run_id} not found", bare=True)
    if await store.extent(tx, run_id, since, most + 1) > most:
        msg = f"The graph of flow run {run_id} has more than {most} nodes."
        raise BadRequest(msg)
    rows = await store.nodes(tx, run_id)
    ties = _tied(rows)
    shown = [row for row in rows if row["end_time"] is None or row["end_time"] >= since]
    artifacts = await _artifacts(tx, run_id, most_artifacts)
    return {
        "start_time": run["start_time"],
        "end_time": run["end_time"],
        "root_node_ids": [row["id"] for row in shown if not ties[row["id"]].parents],
        "nodes": [[row["id"], _node(row, ties[row["id"]], artifacts)] for row in shown],
        "artifacts": artifacts[None],
        "states": [dict(state) for state in await store.states(tx, run_id)],
    }


async def dependencies(tx: Executor, run_id: UUID) -> list[dict[str, Any]]:
    """Every task run of the flow run, with the task runs whose results it took. Raises NotFound."""
    if await store.run(tx, run_id) is None:
        raise NotFound(f"Flow run with id {run_id} not found", bare=True)
    return [_dependency(row) for row in await store.task_runs(tx, run_id)]


def _dependency(row: Mapping[str, Any]) -> dict[str, Any]:
    state = orjson.loads(row["state"]) if row["state"] else None
    inputs = {_frozen(one): one for given in orjson.loads(row["task_inputs"]).values() for one in given}
    return {
        **{key: value for key, value in row.items() if key not in {"state", "task_inputs"}},
        "state": state,
        "upstream_dependencies": list(inputs.values()),
        "untrackable_result": bool(state and state["state_details"].get("untrackable_result")),
    }


def _frozen(given: Mapping[str, Any]) -> bytes:
    return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)


def _tied(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, _Ties]:
    """The ties between nodes; inputs that name no node of this graph tie nothing."""
    ties = {row["id"]: _Ties() for row in rows}
    takers: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    for row in rows:
        for kind, named in _named(row["task_inputs"]).items():
            for other in named:
                takers[other].append((row["id"], kind))
    for row in rows:
        for child, kind in takers[row["id"]]:
            if kind == _ENCLOSING:
                ties[child].enclosing[row["id"]] = None
            else:
                ties[child].parents[row["id"]] = None
                ties[row["id"]].children[child] = None
    return ties


def _named(task_inputs: str) -> dict[str, set[UUID]]:
    """The runs that inputs name: those that enclose the run, and all others."""
    named: dict[str, set[UUID]] = {"": set(), _ENCLOSING: set()}
    for key, given in orjson.loads(task_inputs).items():
        named[_ENCLOSING if key == _ENCLOSING else ""].update(_ids(given))
    return named


def _ids(given: Iterable[Mapping[str, Any]]) -> Iterable[UUID]:
    return (UUID(one["id"]) for one in given if one.get("id"))


async def _artifacts(tx: Executor, run_id: UUID, most: int) -> dict[UUID | None, list[dict[str, Any]]]:
    """The artifacts by the task run that made them; None for those of the flow run itself."""
    found: dict[UUID | None, list[dict[str, Any]]] = defaultdict(list)
    for row in await store.artifacts(tx, run_id, most):
        shown = {key: value for key, value in row.items() if key != "task_run_id"}
        data = row["data"]
        found[row["task_run_id"]].append({**shown, "data": None if data is None else orjson.loads(data)})
    return found


def _node(row: Mapping[str, Any], ties: _Ties, artifacts: Mapping[UUID | None, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        **{key: row[key] for key in ("kind", "id", "label", "state_type", "start_time", "end_time")},
        "parents": [{"id": other} for other in ties.parents],
        "children": [{"id": other} for other in ties.children],
        "encapsulating": [{"id": other} for other in ties.enclosing],
        "artifacts": artifacts.get(row["id"], []),
    }

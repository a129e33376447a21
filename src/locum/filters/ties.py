"""How the tables hang together, as trees: a filter on a neighbour restricts a target through one EXISTS per branch.

Filters on one branch are nested, so that they must hold for the same chain of rows: flows having a flow run that
satisfies one filter and has itself a task run that satisfies another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Table

from locum.filters.language import EVERYTHING, Bond, Bundle, Criterion, Plan, Related, Term, Test
from locum.filters.operators import ANY
from locum.filters.statements import Restriction
from locum.tables.artifacts import artifact, artifact_collection
from locum.tables.automations import automation
from locum.tables.blocks import block_document, block_schema, block_type
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow
from locum.tables.logs import log
from locum.tables.saved_searches import saved_search
from locum.tables.task_runs import task_run
from locum.tables.variables import variable
from locum.tables.work_pools import work_pool, work_queue, worker

Given = Mapping[str, Bundle | None]
"""Filters by the name of what they filter; a filter that is there but empty still asks that such a row exists."""


@dataclass(frozen=True, eq=False)
class Tie:
    """A neighbour, named as in request bodies, and the condition that ties its rows to those it hangs from.

    `key` is the outer column holding the neighbour's id, where a foreign key keeps it true: a filter on nothing but
    ids then needs no look at the neighbour.
    """

    name: str
    table: Table
    on: ColumnElement[bool]
    beyond: tuple["Tie", ...] = ()
    key: Column[Any] | None = None
    names: frozenset[str] = field(init=False)
    bond: Bond = field(init=False)
    by_id: Term | None = field(init=False)

    def __post_init__(self) -> None:
        """Collect the names of the whole branch."""
        object.__setattr__(self, "names", frozenset({self.name}).union(*(tie.names for tie in self.beyond)))
        by_id = None if self.key is None else Term("any_", ANY, self.key, self.key.key)
        object.__setattr__(self, "by_id", by_id)
        object.__setattr__(self, "bond", Bond(self.table, self.on))


@dataclass(frozen=True, eq=False)
class Target:
    """What a list is of: its name in request bodies, and what hangs from it."""

    name: str
    table: Table
    ties: tuple[Tie, ...] = ()


def restrict(target: Target, given: Given) -> Restriction:
    """What the filters given ask of the target's rows; a name that the target is not tied to is ignored."""
    asked = {name for name, group in given.items() if group is not None}
    values: list[Any] = []
    plans = _own(given.get(target.name), values)
    for tie in target.ties:
        if not asked.isdisjoint(tie.names):
            plans.append(_through(tie, given, asked, values))
    return Restriction(tuple(plans), values)


def _through(tie: Tie, given: Given, asked: set[str], values: list[Any]) -> Plan:
    own = given.get(tie.name)
    if tie.by_id is not None and own is not None and not asked & (tie.names - {tie.name}):
        ids = _only_ids(own)
        if ids:
            values.append(ids)
            return Test(tie.by_id)
    plans = _own(own, values)
    for further in tie.beyond:
        if not asked.isdisjoint(further.names):
            plans.append(_through(further, given, asked, values))
    return Related(tie.bond, tuple(plans))


def _own(group: Bundle | None, values: list[Any]) -> list[Plan]:
    plan = None if group is None else group.plan(values)
    return [] if plan is None or plan is EVERYTHING else [plan]


def _only_ids(group: Bundle) -> list[Any] | None:
    """The ids, if ids are all that the filter asks about."""
    criteria = list(group.given())
    if len(criteria) != 1 or criteria[0][0] != "id":
        return None
    asked = list(cast("Criterion", criteria[0][1]).asked())
    return asked[0][1] if len(asked) == 1 and asked[0][0].field == "any_" else None


_POOL_OF_QUEUE = Tie(
    "work_pools", work_pool, work_pool.c.id == work_queue.c.work_pool_id, key=work_queue.c.work_pool_id
)

FLOWS = Target(
    "flows",
    flow,
    (
        Tie(
            "deployments",
            deployment,
            deployment.c.flow_id == flow.c.id,
            (
                Tie(
                    "work_queues",
                    work_queue,
                    work_queue.c.id == deployment.c.work_queue_id,
                    (_POOL_OF_QUEUE,),
                    key=deployment.c.work_queue_id,
                ),
            ),
        ),
        Tie(
            "flow_runs",
            flow_run,
            flow_run.c.flow_id == flow.c.id,
            (Tie("task_runs", task_run, task_run.c.flow_run_id == flow_run.c.id),),
        ),
    ),
)

_OF_FLOW_RUN = (
    Tie("flows", flow, flow.c.id == flow_run.c.flow_id, key=flow_run.c.flow_id),
    Tie("deployments", deployment, deployment.c.id == flow_run.c.deployment_id),
    Tie("work_queues", work_queue, work_queue.c.id == flow_run.c.work_queue_id, (_POOL_OF_QUEUE,)),
)

FLOW_RUNS = Target(
    "flow_runs", flow_run, (*_OF_FLOW_RUN, Tie("task_runs", task_run, task_run.c.flow_run_id == flow_run.c.id))
)

TASK_RUNS = Target(
    "task_runs",
    task_run,
    (
        # No foreign key holds this one: a task run recorded before its flow run is found by the flow run's id at once.
        Tie("flow_runs", flow_run, flow_run.c.id == task_run.c.flow_run_id, _OF_FLOW_RUN, key=task_run.c.flow_run_id),
    ),
)

DEPLOYMENTS = Target(
    "deployments",
    deployment,
    (
        Tie("flows", flow, flow.c.id == deployment.c.flow_id, key=deployment.c.flow_id),
        Tie(
            "flow_runs",
            flow_run,
            flow_run.c.deployment_id == deployment.c.id,
            (Tie("task_runs", task_run, task_run.c.flow_run_id == flow_run.c.id),),
        ),
        Tie(
            "work_queues",
            work_queue,
            work_queue.c.id == deployment.c.work_queue_id,
            (_POOL_OF_QUEUE,),
            key=deployment.c.work_queue_id,
        ),
    ),
)

WORK_POOLS = Target("work_pools", work_pool)
WORK_QUEUES = Target("work_queues", work_queue)
WORKERS = Target("workers", worker)
LOGS = Target("logs", log)
VARIABLES = Target("variables", variable)
AUTOMATIONS = Target("automations", automation)
SAVED_SEARCHES = Target("saved_searches", saved_search)


def _of_artifact(made: Table) -> tuple[Tie, ...]:
    """An artifact hangs from runs by ids that no foreign key keeps true."""
    of_flow_run = (
        Tie("flows", flow, flow.c.id == flow_run.c.flow_id, key=flow_run.c.flow_id),
        Tie("deployments", deployment, deployment.c.id == flow_run.c.deployment_id),
    )
    return (
        Tie("flow_runs", flow_run, flow_run.c.id == made.c.flow_run_id, of_flow_run),
        Tie("task_runs", task_run, task_run.c.id == made.c.task_run_id),
    )


ARTIFACTS = Target("artifacts", artifact, _of_artifact(artifact))
LATEST_ARTIFACTS = Target("artifacts", artifact_collection, _of_artifact(artifact_collection))

BLOCK_TYPES = Target(
    "block_types", block_type, (Tie("block_schemas", block_schema, block_schema.c.block_type_id == block_type.c.id),)
)
BLOCK_SCHEMAS = Target("block_schemas", block_schema)
BLOCK_DOCUMENTS = Target(
    "block_documents",
    block_document,
    (
        Tie("block_types", block_type, block_type.c.id == block_document.c.block_type_id),
        Tie("block_schemas", block_schema, block_schema.c.id == block_document.c.block_schema_id),
    ),
)

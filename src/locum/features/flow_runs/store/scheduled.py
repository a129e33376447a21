"""Runs that schedules give: planned many at once, deleted when their deployment changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from locum.domain.orchestration import FlowRunPolicy
from locum.domain.states import State
from locum.features.flow_runs.store.projection import PROJECTION
from locum.infra.db import Executor, GivenRows, Row, json_list, prepare, select_page
from locum.tables.base import Instant
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run, flow_run_state
from locum.tables.run_states import history_insertion


class Plan(NamedTuple):
    """What runs of one schedule have in common; JSON as text."""

    deployment_id: UUID
    parameters: str
    tags: str
    labels: str
    created_by: str


class Planned(NamedTuple):
    """One run to be; `plan` is the place of its plan among those given."""

    plan: int
    run_id: UUID
    name: str
    idempotency_key: str
    state: State


_PLANS = GivenRows(
    "plan",
    {
        "number": Integer(),
        "deployment_id": Uuid(),
        "parameters": JSON(),
        "tags": JSONB(),
        "labels": JSONB(),
        "created_by": JSON(),
    },
)
_RUNS = GivenRows(
    "planned",
    {
        "plan": Integer(),
        "run_id": Uuid(),
        "name": Text(),
        "idempotency_key": Text(),
        "due": Instant,
        "state_id": Uuid(),
        "state": JSON(),
    },
)
_NOW = bindparam("now", type_=Instant)


def _text(sql: str) -> ColumnElement[Any]:
    return literal_column(sql)


def _insert() -> Any:
    plan, run = _PLANS.c, _RUNS.c
    scheduled = {
        "state_id": run["state_id"],
        "state_type": _text("'SCHEDULED'"),
        "state_name": _text("'Scheduled'"),
        "state_timestamp": _NOW,
    }
    values: dict[str, ColumnElement[Any]] = {
        "id": run["run_id"],
        "created": _NOW,
        "updated": _NOW,
        "name": run["name"],
        "flow_id": deployment.c.flow_id,
        "deployment_id": deployment.c.id,
        "deployment_version": deployment.c.version,
        "work_queue_id": deployment.c.work_queue_id,
        "work_queue_name": deployment.c.work_queue_name,
        "infrastructure_document_id": deployment.c.infrastructure_document_id,
        **{name: plan[name] for name in ("parameters", "tags", "labels", "created_by")},
        "idempotency_key": run["idempotency_key"],
        "auto_scheduled": _text("true"),
        "empirical_policy": _text(f"'{FlowRunPolicy().model_dump_json()}'::json"),
        "job_variables": _text("'{}'::json"),
        **scheduled,
        "state": run["state"],
        "expected_start_time": run["due"],
        "next_scheduled_start_time": run["due"],
    }
    source = _RUNS.source.join(_PLANS.source, plan["number"] == run["plan"]).join(
        deployment, deployment.c.id == plan["deployment_id"]
    )
    made = (
        upsert(flow_run)
        .from_select(list(values), select(*values.values()).select_from(source))
        .on_conflict_do_nothing(index_elements=["flow_id", "idempotency_key"])
        .returning(flow_run.c.id, flow_run.c.state)
        .cte("made")
    )
    apart = {
        "history_message": _text("made.state ->> 'message'"),
        "history_details": _text("made.state -> 'state_details'"),
        "history_data": null(),
    }
    history = history_insertion(
        flow_run_state.c.flow_run_id, made.c.id, run["run_id"] == made.c.id, values={**scheduled, **apart}
    )
    return select(func.count()).select_from(made).add_cte(history)


_INSERT = prepare(_insert())


async def insert_scheduled(tx: Executor, plans: Sequence[Plan], planned: Sequence[Planned], now: datetime) -> int:
    """Insert runs in their scheduled states, all in one statement; how many were new, by their idempotency keys."""
    runs = (
        {
            **run._asdict(),
            "due": run.state.state_details.scheduled_time,
            "state_id": run.state.id,
            "state": run.state.model_dump_json(),
        }
        for run in planned
    )
    return await tx.value(
        _INSERT,
        **_PLANS.values({"number": number, **plan._asdict()} for number, plan in enumerate(plans)),
        **_RUNS.values(runs),
        now=now,
    )


def deletion(
    deployment_ids: ColumnElement[Any], *, planned_only: bool = True, after: ColumnElement[Any] | None = None
) -> CTE:
    """The deleting of deployments' runs that have not begun, as a CTE beside another statement.

    Only those that schedules gave, unless told otherwise; with `after`, only those due later.
    """
    conditions = [
        flow_run.c.deployment_id == deployment_ids,
        flow_run.c.state_type == literal_column("'SCHEDULED'"),
        flow_run.c.state_name != literal_column("'AwaitingConcurrencySlot'"),
        flow_run.c.run_count == literal_column("0"),
    ]
    if planned_only:
        conditions.append(flow_run.c.auto_scheduled)
    if after is not None:
        conditions.append(flow_run.c.next_scheduled_start_time > after)
    return delete(flow_run).where(*conditions).returning(flow_run.c.id).cte("runs_deleted")


_DUE = prepare(
    json_list(
        PROJECTION,
        select_page(flow_run)
        .where(
            flow_run.c.deployment_id == any_(bindparam("deployment_ids", type_=ARRAY(Uuid))),
            flow_run.c.state_type == literal_column("'SCHEDULED'"),
            flow_run.c.next_scheduled_start_time.is_not(None),
            flow_run.c.next_scheduled_start_time
            <= func.coalesce(bindparam("before", type_=Instant), literal_column("'infinity'::timestamptz")),
        )
        .order_by(flow_run.c.next_scheduled_start_time, flow_run.c.id)
        .limit(bindparam("limit", type_=Integer)),
        flow_run,
    )
)


async def due(tx: Executor, deployment_ids: Sequence[UUID], before: datetime | None, limit: int) -> bytes:
    """The scheduled runs of some deployments, the next first, as a JSON array."""
    found: bytes = await tx.value(_DUE, deployment_ids=list(deployment_ids), before=before, limit=limit)
    return found


_BEGUN_EARLY = prepare(
    select(flow_run.c.deployment_id, flow_run.c.expected_start_time).where(
        flow_run.c.deployment_id == any_(bindparam("deployment_ids", type_=ARRAY(Uuid))),
        flow_run.c.effective_start > bindparam("since", type_=Instant),
        flow_run.c.expected_start_time >= bindparam("due_from", type_=Instant),
        flow_run.c.auto_scheduled,
        flow_run.c.state_type != literal_column("'SCHEDULED'", Text),
        (flow_run.c.created_by.op("->>", return_type=Text())(literal_column("'id'", Text)))
        != func.all(bindparam("schedule_ids", type_=ARRAY(Text))),
    )
)


async def begun_early(
    tx: Executor, deployment_ids: Sequence[UUID], schedule_ids: Sequence[UUID], due_from: datetime, since: datetime
) -> list[Row]:
    """Runs that were taken up before they are due, whose schedules are no more: deployment_id, expected_start_time.

    `schedule_ids` are those that there are; a run that began before `since` is not looked at.
    """
    return await tx.rows(
        _BEGUN_EARLY,
        deployment_ids=list(deployment_ids),
        schedule_ids=[str(one) for one in schedule_ids],
        due_from=due_from,
        since=since,
    )

"""Runs that schedules give: planned many at once, deleted when their deployment changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from locum.domain.orchestration import FlowRunPolicy
from locum.domain.states import State
from locum.features.flow_runs.store.projection import PROJECTION
from locum.infra.db import Executor, Row, json_list, prepare, select_page
from locum.tables.base import Instant
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run, flow_run_state


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


_PLANS = (
    func.unnest(
        bindparam("plan_numbers", type_=ARRAY(Integer)),
        bindparam("plan_deployments", type_=ARRAY(Uuid)),
        bindparam("plan_parameters", type_=ARRAY(Text)),
        bindparam("plan_tags", type_=ARRAY(Text)),
        bindparam("plan_labels", type_=ARRAY(Text)),
        bindparam("plan_creators", type_=ARRAY(Text)),
    )
    .table_valued("number", "deployment_id", "parameters", "tags", "labels", "created_by", name="plan")
    .render_derived(name="plan")
)
_RUNS = (
    func.unnest(
        bindparam("run_plans", type_=ARRAY(Integer)),
        bindparam("run_ids", type_=ARRAY(Uuid)),
        bindparam("run_names", type_=ARRAY(Text)),
        bindparam("run_keys", type_=ARRAY(Text)),
        bindparam("run_due", type_=ARRAY(Instant)),
        bindparam("run_state_ids", type_=ARRAY(Uuid)),
        bindparam("run_states", type_=ARRAY(Text)),
    )
    .table_valued("plan", "id", "name", "key", "due", "state_id", "state", name="given")
    .render_derived(name="given")
)
_NOW = bindparam("now", type_=Instant)


def _text(sql: str) -> ColumnElement[Any]:
    return literal_column(sql)


def _insert() -> Any:
    values: dict[str, ColumnElement[Any]] = {
        "id": _RUNS.c.id,
        "created": _NOW,
        "updated": _NOW,
        "name": _RUNS.c.name,
        "flow_id": deployment.c.flow_id,
        "deployment_id": deployment.c.id,
        "deployment_version": deployment.c.version,
        "work_queue_id": deployment.c.work_queue_id,
        "work_queue_name": deployment.c.work_queue_name,
        "infrastructure_document_id": deployment.c.infrastructure_document_id,
        "parameters": _text("plan.parameters::json"),
        "idempotency_key": _RUNS.c.key,
        "tags": _text("plan.tags::jsonb"),
        "labels": _text("plan.labels::jsonb"),
        "created_by": _text("plan.created_by::json"),
        "auto_scheduled": _text("true"),
        "empirical_policy": _text(f"'{FlowRunPolicy().model_dump_json()}'::json"),
        "job_variables": _text("'{}'::json"),
        "state_id": _RUNS.c.state_id,
        "state_type": _text("'SCHEDULED'"),
        "state_name": _text("'Scheduled'"),
        "state_timestamp": _NOW,
        "state": _text("given.state::json"),
        "expected_start_time": _RUNS.c.due,
        "next_scheduled_start_time": _RUNS.c.due,
    }
    source = _RUNS.join(_PLANS, _PLANS.c.number == _RUNS.c.plan).join(
        deployment, deployment.c.id == _PLANS.c.deployment_id
    )
    made = (
        upsert(flow_run)
        .from_select(list(values), select(*values.values()).select_from(source))
        .on_conflict_do_nothing(index_elements=["flow_id", "idempotency_key"])
        .returning(flow_run.c.id, flow_run.c.state)
        .cte("made")
    )
    history = (
        insert(flow_run_state)
        .from_select(
            ["id", "flow_run_id", "type", "name", "timestamp", "message", "state_details"],
            select(
                _RUNS.c.state_id,
                made.c.id,
                _text("'SCHEDULED'"),
                _text("'Scheduled'"),
                _NOW,
                _text("made.state ->> 'message'"),
                _text("made.state -> 'state_details'"),
            ).select_from(made.join(_RUNS, _RUNS.c.id == made.c.id)),
        )
        .cte("history")
    )
    return select(func.count()).select_from(made).add_cte(history)


_INSERT = prepare(_insert())


async def insert_scheduled(tx: Executor, plans: Sequence[Plan], planned: Sequence[Planned], now: datetime) -> int:
    """Insert runs in their scheduled states, all in one statement; how many were new, by their idempotency keys."""
    return await tx.value(
        _INSERT,
        plan_numbers=list(range(len(plans))),
        plan_deployments=[plan.deployment_id for plan in plans],
        plan_parameters=[plan.parameters for plan in plans],
        plan_tags=[plan.tags for plan in plans],
        plan_labels=[plan.labels for plan in plans],
        plan_creators=[plan.created_by for plan in plans],
        run_plans=[run.plan for run in planned],
        run_ids=[run.run_id for run in planned],
        run_names=[run.name for run in planned],
        run_keys=[run.idempotency_key for run in planned],
        run_due=[run.state.state_details.scheduled_time for run in planned],
        run_state_ids=[run.state.id for run in planned],
        run_states=[run.state.model_dump_json() for run in planned],
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

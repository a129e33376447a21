"""Flows, pools, queues, deployments and runs, put straight into their tables."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from locum.domain.ids import new_id
from locum.domain.orchestration import FlowRunPolicy
from locum.domain.states import State, StateType
from locum.infra.db import Executor
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow
from locum.tables.work_pools import work_pool, work_queue

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


async def a_flow(tx: Executor) -> UUID:
    """A flow of a name of its own."""
    flow_id = new_id()
    await tx.run(insert(flow).values(id=flow_id, name=str(flow_id), tags="[]", labels="{}"))
    return flow_id


async def a_pool(tx: Executor, **columns: Any) -> UUID:
    """A pool, named by its id unless told otherwise, without queues."""
    pool_id = new_id()
    given = {"name": str(pool_id), "type": "process", **columns}
    await tx.run(insert(work_pool).values(id=pool_id, **given))
    return pool_id


async def a_queue(tx: Executor, pool_id: UUID, **columns: Any) -> UUID:
    """A queue of a pool."""
    queue_id = new_id()
    given = {"name": str(queue_id), "priority": 1, **columns}
    await tx.run(insert(work_queue).values(id=queue_id, work_pool_id=pool_id, **given))
    return queue_id


async def a_deployment(tx: Executor, flow_id: UUID, **columns: Any) -> UUID:
    """A deployment of a flow."""
    deployment_id = new_id()
    given = {"name": str(deployment_id), "tags": "[]", "labels": "{}", **columns}
    await tx.run(insert(deployment).values(id=deployment_id, flow_id=flow_id, **given))
    return deployment_id


def run_row(
    flow_id: UUID, type: str = "SCHEDULED", *, name: str | None = None, due: datetime = NOON, **columns: Any
) -> dict[str, Any]:
    """The columns of a run in a state that it came to an hour before it is due."""
    details = {"scheduled_time": due, **columns.pop("state_details", {})}
    state = State(
        id=new_id(),
        type=StateType(type),
        name=name or type.capitalize(),
        timestamp=due - timedelta(hours=1),
        state_details=details,  # pyright: ignore[reportArgumentType]
    )
    policy = FlowRunPolicy(retry_type=columns.pop("retry_type", None))
    return {
        "id": new_id(),
        "flow_id": flow_id,
        "name": "run",
        "tags": "[]",
        "labels": "{}",
        "empirical_policy": policy.model_dump_json(),
        "state_id": state.id,
        "state_type": state.type.value,
        "state_name": state.name,
        "state_timestamp": state.timestamp,
        "state": state.model_dump_json(),
        "expected_start_time": due,
        "next_scheduled_start_time": due if type == "SCHEDULED" else None,
        **columns,
    }


async def a_run(tx: Executor, flow_id: UUID, type: str = "SCHEDULED", **more: Any) -> UUID:
    """A run of a flow."""
    row = run_row(flow_id, type, **more)
    await tx.run(insert(flow_run).values(**row))
    return row["id"]

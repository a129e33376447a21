"""The history of flow runs."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from locum.infra.db import Executor, json_list, json_object, prepare, select_page
from locum.tables.flow_runs import flow_run_state

PROJECTION = json_object(
    flow_run_state,
    {
        "id": flow_run_state.c.id,
        "type": flow_run_state.c.type,
        "name": flow_run_state.c.name,
        "timestamp": flow_run_state.c.timestamp,
        "message": flow_run_state.c.message,
        "data": flow_run_state.c.data,
        "state_details": flow_run_state.c.state_details,
    },
)
_BY_ID = prepare(
    select(PROJECTION).select_from(flow_run_state).where(flow_run_state.c.id == bindparam("state_id", type_=Uuid))
)
_OF_RUN = prepare(
    json_list(
        PROJECTION,
        select_page(flow_run_state)
        .where(flow_run_state.c.flow_run_id == bindparam("run_id", type_=Uuid))
        .order_by(flow_run_state.c.timestamp, flow_run_state.c.id),
        flow_run_state,
    )
)


async def get(tx: Executor, state_id: UUID) -> str | None:
    """One state as JSON text."""
    return await tx.value(_BY_ID, state_id=state_id)


async def of_run(tx: Executor, run_id: UUID) -> bytes:
    """All states of a run as a JSON array, in order."""
    return await tx.value(_OF_RUN, run_id=run_id)

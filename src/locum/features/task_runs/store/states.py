"""The history of task runs."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from locum.infra.db import Executor, json_list, json_object, prepare, select_page
from locum.tables.task_runs import task_run_state

PROJECTION = json_object(
    task_run_state,
    {
        "id": task_run_state.c.id,
        "type": task_run_state.c.type,
        "name": task_run_state.c.name,
        "timestamp": task_run_state.c.timestamp,
        "message": task_run_state.c.message,
        "data": task_run_state.c.data,
        "state_details": task_run_state.c.state_details,
    },
)
_BY_ID = prepare(
    select(PROJECTION).select_from(task_run_state).where(task_run_state.c.id == bindparam("state_id", type_=Uuid))
)
_OF_RUN = prepare(
    json_list(
        PROJECTION,
        select_page(task_run_state)
        .where(task_run_state.c.task_run_id == bindparam("run_id", type_=Uuid))
        .order_by(task_run_state.c.timestamp, task_run_state.c.id),
        task_run_state,
    )
)


async def get(tx: Executor, state_id: UUID) -> str | None:
    """One state as JSON text."""
    return await tx.value(_BY_ID, state_id=state_id)


async def of_run(tx: Executor, run_id: UUID) -> bytes:
    """All states of a run as a JSON array, in order."""
    return await tx.value(_OF_RUN, run_id=run_id)

"""The history of flow runs."""

from uuid import UUID

from locum.infra.db import Executor, prepare
from locum.tables.flow_runs import flow_run_state
from locum.tables.run_states import state_by_id, states_of_run

_BY_ID = prepare(state_by_id(flow_run_state))
_OF_RUN = prepare(states_of_run(flow_run_state.c.flow_run_id))


async def get(tx: Executor, state_id: UUID) -> str | None:
    """One state as JSON text."""
    return await tx.value(_BY_ID, state_id=state_id)


async def of_run(tx: Executor, run_id: UUID) -> bytes:
    """All states of a run as a JSON array, in order."""
    return await tx.value(_OF_RUN, run_id=run_id)

"""HTTP operations of the history of flow runs."""

from uuid import UUID

from locum.domain.errors import NotFound
from locum.domain.states import State
from locum.features.flow_runs.store import states
from locum.infra.db import Db
from locum.infra.web import Answer, Operation


async def read_flow_run_state(db: Db, id: UUID) -> Answer:
    """Read one state of a flow run."""
    found = await states.get(db, id)
    if found is None:
        msg = "Flow run state not found"
        raise NotFound(msg)
    return found


async def read_flow_run_states(db: Db, flow_run_id: UUID) -> Answer:
    """Read all states that a flow run has been in, in order."""
    return await states.of_run(db, flow_run_id)


OPERATIONS = (
    Operation("GET", "/flow_run_states/{id}", read_flow_run_state, "Flow Run States", returns=State),
    Operation("GET", "/flow_run_states/", read_flow_run_states, "Flow Run States", returns=list[State]),
)

"""HTTP operations of observed states."""

from typing import Annotated

from pydantic import Field

from locum.features.observed_states import store
from locum.features.observed_states.schemas import ObservedState, ObservedStateSort
from locum.infra.db import Db
from locum.infra.web import Answer, Operation, Query, reply_json


async def read_observed_states(
    db: Db,
    query: Annotated[Annotated[str, Field(max_length=100)] | None, Query("What type or name begins with")] = None,
    order_by: ObservedStateSort = ObservedStateSort.LAST_SEEN_DESC,
    limit: Annotated[int, Field(ge=1, le=200), Query("How many at most")] = 200,
) -> Answer:
    """List the types and names of states that runs have been in."""
    found = await store.observed(db, (query or "").strip(), order_by, limit)
    return reply_json([dict(state) for state in found])


OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/observed-states", read_observed_states, "Observed States", returns=list[ObservedState]),
)

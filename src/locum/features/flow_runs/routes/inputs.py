"""HTTP operations of the inputs sent to flow runs."""

from typing import Any
from uuid import UUID

from pydantic import Field

from locum.domain.errors import Conflict, NotFound
from locum.features.flow_runs.schemas import FlowRunInput
from locum.features.flow_runs.store import inputs
from locum.infra.db import Db, UniqueConflict
from locum.infra.web import Answer, Embedded, Operation, Reply

_TAG = "Flow Runs"
_MOST = 200


class InputBody(Embedded):
    """An input for a flow run."""

    key: str = Field(description="Under which key the run looks for it")
    value: bytes = Field(description="What is sent, as text")
    sender: str | None = Field(default=None, description="Who sends it")


class FilterInputBody(Embedded):
    """Which inputs are wanted."""

    prefix: str = Field(description="How their keys begin")
    limit: int = Field(default=1, description="How many at most")
    exclude_keys: list[str] = Field(default=[], description="Keys that are not wanted")


async def create_flow_run_input(db: Db, id: UUID, body: InputBody) -> Answer:
    """Send an input to a flow run."""
    try:
        await inputs.insert_new(db, id, body.key, body.value.decode(), body.sender)
    except UniqueConflict as error:
        if error.constraint.startswith("fk"):
            msg = "Flow run not found"
            raise NotFound(msg) from error
        msg = "A flow run input with this key already exists."
        raise Conflict(msg) from error
    return "null"


async def filter_flow_run_input(db: Db, id: UUID, body: FilterInputBody) -> Answer:
    """List the inputs of a flow run whose keys begin so, oldest first."""
    return await inputs.with_prefix(db, id, body.prefix, max(0, min(body.limit, _MOST)), body.exclude_keys)


async def read_flow_run_input(db: Db, id: UUID, key: str) -> Answer:
    """Read the input under a key, as text."""
    value = await inputs.value(db, id, key)
    if value is None:
        msg = "Flow run input not found"
        raise NotFound(msg)
    return Reply(value, content_type=b"text/plain; charset=utf-8")


async def delete_flow_run_input(db: Db, id: UUID, key: str) -> Answer:
    """Delete the input under a key."""
    if not await inputs.delete_keys(db, id, [key]):
        msg = "Flow run input not found"
        raise NotFound(msg)


OPERATIONS = (
    Operation("POST", "/flow_runs/{id}/input", create_flow_run_input, _TAG, status=201, returns=Any),
    Operation("POST", "/flow_runs/{id}/input/filter", filter_flow_run_input, _TAG, returns=list[FlowRunInput]),
    Operation("GET", "/flow_runs/{id}/input/{key}", read_flow_run_input, _TAG, returns=Any),
    Operation("DELETE", "/flow_runs/{id}/input/{key}", delete_flow_run_input, _TAG, status=204),
)

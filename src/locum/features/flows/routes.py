"""HTTP operations of flows."""

from uuid import UUID

from locum.domain.errors import NotFound
from locum.features.flows import commands, store
from locum.features.flows.schemas import (
    Flow,
    FlowBulkDeleteResponse,
    FlowCreate,
    FlowPaginationResponse,
    FlowUpdate,
)
from locum.filters.lists import BulkDeleteFlows, CountFlows, FilterFlows, PaginateFlows
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation, Reply, reply_json


async def create_flow(tx: Tx, call: Call, body: FlowCreate) -> Answer:
    """Register a flow, or answer with the one of that name."""
    flow, made = await commands.create(tx, body, call.now)
    return Reply(flow, 201 if made else 200)


async def update_flow(tx: Tx, call: Call, id: UUID, body: FlowUpdate) -> Answer:
    """Change a flow."""
    await commands.change(tx, id, body, call.now)


async def count_flows(db: Db, body: CountFlows) -> Answer:
    """Count the flows that the filters let through."""
    return str(await store.LISTING.count(db, body.restriction()))


async def read_flow_by_name(db: Db, name: str) -> Answer:
    """Read the flow of a name."""
    return _found(await store.get_by_name(db, name))


async def read_flow(db: Db, id: UUID) -> Answer:
    """Read a flow."""
    return _found(await store.get(db, id))


async def read_flows(db: Db, call: Call, body: FilterFlows) -> Answer:
    """List the flows that the filters let through."""
    return await store.LISTING.read(db, body, body.sort, call.settings.api.default_limit)


async def paginate_flows(db: Db, call: Call, body: PaginateFlows) -> Answer:
    """List a page of the flows that the filters let through."""
    return await store.LISTING.paginate(db, body, body.sort, call.settings.api.default_limit)


async def delete_flow(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete a flow with its deployments and runs."""
    if not await commands.remove(tx, [id], call.now):
        msg = "Flow not found"
        raise NotFound(msg)


async def bulk_delete_flows(tx: Tx, call: Call, body: BulkDeleteFlows) -> Answer:
    """Delete the first flows that the filter lets through."""
    return reply_json({"deleted": await commands.remove_wanted(tx, body, call.now)})


def _found(flow: str | None) -> str:
    if flow is None:
        msg = "Flow not found"
        raise NotFound(msg)
    return flow


OPERATIONS = (
    Operation("POST", "/flows/", create_flow, "Flows", returns=Flow),
    Operation("PATCH", "/flows/{id}", update_flow, "Flows", status=204),
    Operation("POST", "/flows/count", count_flows, "Flows", returns=int),
    Operation("GET", "/flows/name/{name}", read_flow_by_name, "Flows", returns=Flow),
    Operation("GET", "/flows/{id}", read_flow, "Flows", returns=Flow),
    Operation("POST", "/flows/filter", read_flows, "Flows", returns=list[Flow]),
    Operation("POST", "/flows/paginate", paginate_flows, "Flows", returns=FlowPaginationResponse),
    Operation("DELETE", "/flows/{id}", delete_flow, "Flows", status=204),
    Operation("POST", "/flows/bulk_delete", bulk_delete_flows, "Flows", returns=FlowBulkDeleteResponse),
)

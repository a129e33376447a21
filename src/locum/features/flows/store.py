"""Every statement about flows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from locum.domain.ids import new_id
from locum.features.flows.schemas import FlowCreate
from locum.filters.listing import Listing
from locum.infra.db import Executor, Row, dump_json, json_object, prepare
from locum.tables.flows import flow

PROJECTION = json_object(
    flow,
    {
        "id": flow.c.id,
        "created": flow.c.created,
        "updated": flow.c.updated,
        "name": flow.c.name,
        "tags": flow.c.tags,
        "labels": flow.c.labels,
    },
)
LISTING = Listing(flow, PROJECTION)
_ANNOUNCED = (flow.c.id, flow.c.name, flow.c.tags, flow.c.labels)

_INSERT = prepare(
    insert(flow)
    .values(
        id=bindparam("id", type_=Uuid),
        name=bindparam("name", type_=Text),
        tags=bindparam("tags", type_=JSONB),
        labels=bindparam("labels", type_=JSONB),
    )
    .on_conflict_do_nothing(index_elements=["name"])
    .returning(PROJECTION.label("json"), *_ANNOUNCED)
)
_BY_ID = prepare(select(PROJECTION).select_from(flow).where(flow.c.id == bindparam("id")))
_BY_NAME = prepare(select(PROJECTION).select_from(flow).where(flow.c.name == bindparam("name")))
_UPDATE = prepare(
    update(flow)
    .where(flow.c.id == bindparam("flow_id"))
    .values(tags=func.coalesce(bindparam("new_tags", type_=JSONB), flow.c.tags), updated=func.now())
    .returning(*_ANNOUNCED)
)
_DELETE = prepare(delete(flow).where(flow.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).returning(*_ANNOUNCED))


async def insert_new(tx: Executor, body: FlowCreate) -> Row | None:
    """Insert a flow: its `json` and what an announcement shows; None where one of that name exists."""
    labels = None if body.labels is None else dump_json(body.labels)
    return await tx.row(_INSERT, id=new_id(), name=body.name, tags=dump_json(body.tags), labels=labels)


async def get(tx: Executor, flow_id: UUID) -> str | None:
    """One flow as JSON text."""
    return await tx.value(_BY_ID, id=flow_id)


async def get_by_name(tx: Executor, name: str) -> str | None:
    """The flow of that name as JSON text."""
    return await tx.value(_BY_NAME, name=name)


async def update_tags(tx: Executor, flow_id: UUID, tags: list[str] | None) -> Row | None:
    """Set the tags (None leaves them); what an announcement shows of the flow, or None where there is none."""
    return await tx.row(_UPDATE, flow_id=flow_id, new_tags=None if tags is None else dump_json(tags))


async def delete_many(tx: Executor, ids: Sequence[UUID]) -> list[Row]:
    """Delete flows with all that hangs on them; what an announcement shows of each."""
    return await tx.rows(_DELETE, ids=list(ids))

"""Every statement about saved searches."""

from uuid import UUID

from sqlalchemy import JSON, Boolean, Text, Uuid, bindparam, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from locum.domain.ids import new_id
from locum.features.saved_searches.schemas import SavedSearchCreate
from locum.filters.listing import Listing
from locum.infra.db import Executor, dump_json, json_object, prepare
from locum.tables.saved_searches import saved_search

PROJECTION = json_object(
    saved_search,
    {
        "id": saved_search.c.id,
        "created": saved_search.c.created,
        "updated": saved_search.c.updated,
        "name": saved_search.c.name,
        "filters": saved_search.c.filters,
    },
)
LISTING = Listing(saved_search, PROJECTION)

_INSERTION = insert(saved_search).values(
    id=bindparam("id", type_=Uuid), name=bindparam("name", type_=Text), filters=bindparam("filters", type_=JSON)
)
_PUT = prepare(
    _INSERTION.on_conflict_do_update(
        index_elements=["name"], set_={"filters": _INSERTION.excluded.filters, "updated": func.now()}
    ).returning(PROJECTION.label("json"), literal_column("(xmax = 0)", Boolean).label("is_new"))
)
_GET = prepare(select(PROJECTION).select_from(saved_search).where(saved_search.c.id == bindparam("id", type_=Uuid)))
_DELETE = prepare(delete(saved_search).where(saved_search.c.id == bindparam("search_id", type_=Uuid)))


async def put(tx: Executor, body: SavedSearchCreate) -> tuple[str, bool]:
    """Save a search in place of the one of its name: its JSON text, and whether there was none."""
    filters = dump_json([one.model_dump() for one in body.filters])
    row = await tx.row(_PUT, id=new_id(), name=body.name, filters=filters)
    assert row is not None  # noqa: S101  (an upsert returns its row)
    return row["json"], row["is_new"]


async def get(tx: Executor, search_id: UUID) -> str | None:
    """One saved search as JSON text."""
    return await tx.value(_GET, id=search_id)


async def delete_one(tx: Executor, search_id: UUID) -> bool:
    """Delete a saved search; whether there was one."""
    return bool(await tx.run(_DELETE, search_id=search_id))

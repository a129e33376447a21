"""HTTP operations of saved searches."""

from uuid import UUID

from locum.domain.errors import NotFound
from locum.features.saved_searches import store
from locum.features.saved_searches.schemas import ListSavedSearches, SavedSearch, SavedSearchCreate
from locum.filters.sorting import SavedSearchSort
from locum.filters.statements import Restriction
from locum.infra.db import Db
from locum.infra.web import Answer, Call, Operation, Reply


async def create_saved_search(db: Db, body: SavedSearchCreate) -> Answer:
    """Save a search, in place of the one of its name if there is one."""
    saved, is_new = await store.put(db, body)
    return Reply(saved, 201 if is_new else 200)


async def read_saved_search(db: Db, id: UUID) -> Answer:
    """Read a saved search."""
    found = await store.get(db, id)
    if found is None:
        raise _not_found()
    return found


async def read_saved_searches(db: Db, call: Call, body: ListSavedSearches) -> Answer:
    """List saved searches by name."""
    limit = body.limit_within(call.settings.api.default_limit)
    return await store.LISTING.rows(db, Restriction(), SavedSearchSort.NAME_ASC, limit, body.start)


async def delete_saved_search(db: Db, id: UUID) -> Answer:
    """Delete a saved search."""
    if not await store.delete_one(db, id):
        raise _not_found()


def _not_found() -> NotFound:
    return NotFound("Saved search not found")


_TAG = "SavedSearches"

OPERATIONS: tuple[Operation, ...] = (
    Operation("PUT", "/saved_searches/", create_saved_search, _TAG, returns=SavedSearch),
    Operation("GET", "/saved_searches/{id}", read_saved_search, _TAG, returns=SavedSearch),
    Operation("DELETE", "/saved_searches/{id}", delete_saved_search, _TAG, status=204),
    Operation("POST", "/saved_searches/filter", read_saved_searches, _TAG, returns=list[SavedSearch]),
)

"""HTTP operations of work pools."""

from typing import Annotated

from pydantic import Field

from locum.features.work_pools.commands import pools as commands
from locum.features.work_pools.commands import slots
from locum.features.work_pools.schemas import (
    Page,
    WorkPoolConcurrencyStatus,
    WorkPoolCreate,
    WorkPoolResponse,
    WorkPoolUpdate,
)
from locum.features.work_pools.store import pools
from locum.filters.body import Limited, NullIsDefault
from locum.filters.lists import CountWorkPools, FilterWorkPools
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation

_TAG = "Work Pools"
_LAST_OLD = (3, 3, 7)


class SlotsOfPool(Limited):
    """Which page of a pool's queues to show, and how many runs of each."""

    page: Page = 1
    flow_run_limit: Annotated[int, Field(ge=0, le=200, description="How many runs per queue"), NullIsDefault] = 10


async def create_work_pool(db: Db, call: Call, body: WorkPoolCreate) -> Answer:
    """Make a work pool with its default queue."""
    return await commands.create(db, call.services.hubs["blocks"], body, call.now, old=_old(call))


async def read_work_pool(db: Db, call: Call, name: str) -> Answer:
    """Read the work pool of a name."""
    found = await pools.get(db, name, old=_old(call))
    if found is None:
        raise commands.unknown(name)
    return found


async def read_work_pools(db: Db, call: Call, body: FilterWorkPools) -> Answer:
    """List the work pools that the filters let through."""
    listing = pools.OLD_LISTING if _old(call) else pools.LISTING
    return await listing.read(db, body, pools.WorkPoolSort.NAME_ASC, call.settings.api.default_limit)


async def count_work_pools(db: Db, body: CountWorkPools) -> Answer:
    """Count the work pools that the filters let through."""
    return str(await pools.LISTING.count(db, body.restriction()))


async def update_work_pool(tx: Tx, call: Call, name: str, body: WorkPoolUpdate) -> Answer:
    """Change a work pool."""
    await commands.change(tx, name, body, call.now)


async def delete_work_pool(tx: Tx, call: Call, name: str) -> Answer:
    """Delete a work pool with its queues and workers."""
    await commands.remove(tx, name, call.now)


async def read_work_pool_concurrency_status(db: Db, call: Call, name: str, body: SlotsOfPool) -> Answer:
    """Show who holds the slots of a work pool, by queue."""
    limit = body.limit_within(call.settings.api.default_limit)
    return await slots.of_pool(db, name, body.page, limit, body.flow_run_limit)


def _old(call: Call) -> bool:
    """Whether the client refuses fields that came after it."""
    version = call.client_version
    return version is not None and tuple(int(part) for part in _numbers(version)) <= _LAST_OLD


def _numbers(version: str) -> list[str]:
    major, minor, rest = version.split(".", 2)
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return [major, minor, rest[:digits]]


OPERATIONS = (
    Operation("POST", "/work_pools/", create_work_pool, _TAG, status=201, returns=WorkPoolResponse),
    Operation("POST", "/work_pools/filter", read_work_pools, _TAG, returns=list[WorkPoolResponse]),
    Operation("POST", "/work_pools/count", count_work_pools, _TAG, returns=int),
    Operation("GET", "/work_pools/{name}", read_work_pool, _TAG, returns=WorkPoolResponse),
    Operation("PATCH", "/work_pools/{name}", update_work_pool, _TAG, status=204),
    Operation("DELETE", "/work_pools/{name}", delete_work_pool, _TAG, status=204),
    Operation(
        "POST",
        "/work_pools/{name}/concurrency_status",
        read_work_pool_concurrency_status,
        _TAG,
        returns=WorkPoolConcurrencyStatus,
    ),
)

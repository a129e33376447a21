"""HTTP operations of logs."""

from collections.abc import Sequence
from typing import Any

from locum.features.logs import store
from locum.features.logs.schemas import Log, LogCreate
from locum.filters.lists import FilterLogs
from locum.infra.db import Db
from locum.infra.web import Answer, Call, Operation


async def create_logs(db: Db, body: Sequence[LogCreate]) -> Answer:
    """Write lines; they are all there, or none is."""
    if body:
        await store.insert_many(db, body)
    return "null"


async def read_logs(db: Db, call: Call, body: FilterLogs) -> Answer:
    """List the lines that the filter lets through."""
    return await store.LISTING.read(db, body, body.sort, call.settings.api.default_limit)


OPERATIONS = (
    Operation("POST", "/logs/", create_logs, "Logs", status=201, returns=Any, keeps_nul=True),
    Operation("POST", "/logs/filter", read_logs, "Logs", returns=list[Log]),
)

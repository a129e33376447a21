"""Every statement about logs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, SmallInteger, Text, Uuid, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from locum.domain.ids import new_id
from locum.features.logs.schemas import LogCreate
from locum.filters.listing import Listing
from locum.infra.db import Executor, Row, json_object, prepare
from locum.tables.base import Instant
from locum.tables.logs import log

PROJECTION = json_object(
    log,
    {
        "id": log.c.id,
        "created": log.c.created,
        "updated": log.c.created,
        "name": log.c.name,
        "level": log.c.level,
        "message": log.c.message,
        "timestamp": log.c.timestamp,
        "flow_run_id": log.c.flow_run_id,
        "task_run_id": log.c.task_run_id,
    },
)
LISTING = Listing(log, PROJECTION)

_COLUMNS = {
    "id": Uuid(),
    "timestamp": Instant,
    "name": Text(),
    "level": SmallInteger(),
    "flow_run_id": Uuid(),
    "task_run_id": Uuid(),
    "message": Text(),
}
_GIVEN = (
    func.unnest(*(bindparam(f"given_{name}", type_=ARRAY(kind)) for name, kind in _COLUMNS.items()))
    .table_valued(*_COLUMNS, name="given")
    .render_derived()
)
_INSERT = prepare(insert(log).from_select(list(_COLUMNS), select(*_GIVEN.c)))

_TAIL = prepare(
    select(log.c.id, log.c.level, log.c.timestamp, log.c.flow_run_id, log.c.task_run_id, log.c.name, log.c.message)
    .add_columns(PROJECTION.label("json"))
    .where(log.c.id > bindparam("after", type_=Uuid))
    .order_by(log.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)
_OF_RUN = prepare(
    select(log.c.id, log.c.timestamp, log.c.level, log.c.flow_run_id, log.c.task_run_id, log.c.message)
    .where(
        log.c.flow_run_id == bindparam("flow_run_id", type_=Uuid),
        (log.c.timestamp > bindparam("since", type_=Instant))
        | ((log.c.timestamp == bindparam("since", type_=Instant)) & (log.c.id > bindparam("after", type_=Uuid))),
    )
    .order_by(log.c.timestamp, log.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)


async def insert_many(tx: Executor, lines: Sequence[LogCreate]) -> None:
    """Insert lines, whatever their number, in one statement."""
    await tx.run(
        _INSERT,
        given_id=[new_id() for _ in lines],
        given_timestamp=[line.timestamp for line in lines],
        given_name=[line.name for line in lines],
        given_level=[line.level for line in lines],
        given_flow_run_id=[line.flow_run_id for line in lines],
        given_task_run_id=[line.task_run_id for line in lines],
        given_message=[line.message for line in lines],
    )


async def tail(tx: Executor, after: UUID, limit: int) -> list[Row]:
    """The lines that came after the one of this id, in order of arrival; `json` is a line as it is answered."""
    return await tx.rows(_TAIL, after=after, limit=limit)


async def of_flow_run(tx: Executor, flow_run_id: UUID, since: datetime, after: UUID, limit: int) -> list[Row]:
    """The lines of a flow run in order of time, beyond the one of this time and id."""
    return await tx.rows(_OF_RUN, flow_run_id=flow_run_id, since=since, after=after, limit=limit)

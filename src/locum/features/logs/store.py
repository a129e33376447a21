"""Every statement about logs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import JSON, BigInteger, Executable, Text, Uuid, any_, bindparam, func, select, text
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

# The lines go over as one JSON text: an array per column costs the driver a call per value, many times what PostgreSQL
# needs to read the JSON. Their ids count up from the one that is given, in its last twelve digits.
_INSERT = prepare(
    text(
        """
        INSERT INTO log (id, "timestamp", name, level, flow_run_id, task_run_id, message)
        SELECT (:prefix || lpad(to_hex(:first + n), 12, '0'))::uuid,
               "timestamp", name, level, flow_run_id, task_run_id, message
        FROM ROWS FROM (
            json_to_recordset(:lines) AS (
                "timestamp" timestamptz, name text, level smallint, flow_run_id uuid, task_run_id uuid, message text
            )
        ) WITH ORDINALITY AS given ("timestamp", name, level, flow_run_id, task_run_id, message, n)
        """
    ).bindparams(bindparam("prefix", type_=Text), bindparam("first", type_=BigInteger), bindparam("lines", type_=JSON))
)
_LAST_DIGITS = 0x7FFF_FFFF_FFFF  # leaves room to count
_LINES: TypeAdapter[list[LogCreate]] = TypeAdapter(list[LogCreate])

# Lines are looked at again and again while they are young, hence by the key alone; only new ones are read whole.
_ARRIVED = prepare(
    select(log.c.id, log.c.timestamp)
    .where(log.c.id > bindparam("after", type_=Uuid))
    .order_by(log.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)
_LINES_OF = prepare(
    select(log.c.id, log.c.level, log.c.timestamp, log.c.flow_run_id, log.c.task_run_id, log.c.name, log.c.message)
    .add_columns(PROJECTION.label("json"))
    .where(
        log.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        # leaves all other days' partitions out
        log.c.timestamp.between(bindparam("first", type_=Instant), bindparam("last", type_=Instant)),
    )
    .order_by(log.c.id)
)
PAGE = 1000
"""How many lines of a run are read at once, at most."""

PAGE_BYTES = 4 * 1024 * 1024
"""With this much text a page is full."""


def _of_run() -> Executable:
    since, after = bindparam("since", type_=Instant), bindparam("after", type_=Uuid)
    page = (
        select(log.c.id, log.c.timestamp, log.c.level, log.c.flow_run_id, log.c.task_run_id, log.c.message)
        .where(
            log.c.flow_run_id == bindparam("flow_run_id", type_=Uuid),
            log.c.timestamp >= since,  # said by itself, for the index and the days' partitions
            (log.c.timestamp > since) | (log.c.id > after),
        )
        .order_by(log.c.timestamp, log.c.id)
        .limit(bindparam("limit", type_=BigInteger))
        .subquery("page")
    )
    size = func.octet_length(page.c.message)  # known without fetching a long message
    sums = func.sum(size).over(order_by=(page.c.timestamp, page.c.id))
    sized = select(*page.c, (sums - size).label("before")).subquery("sized")
    return (
        select(*[sized.c[column.name] for column in page.c])
        .where(sized.c.before < bindparam("bytes", type_=BigInteger))
        .order_by(sized.c.timestamp, sized.c.id)
    )


_OF_RUN = prepare(_of_run())


async def insert_many(tx: Executor, lines: Sequence[LogCreate]) -> None:
    """Insert lines, whatever their number, in one statement."""
    first = new_id().hex
    await tx.run(
        _INSERT,
        prefix=first[:20],
        first=int(first[20:], 16) & _LAST_DIGITS,
        lines=_LINES.dump_json(list(lines)).decode(),
    )


async def arrived(tx: Executor, after: UUID, limit: int) -> list[Row]:
    """Id and timestamp of the lines that came after the one of this id, in order of arrival."""
    return await tx.rows(_ARRIVED, after=after, limit=limit)


async def lines(tx: Executor, keys: Sequence[Row]) -> list[Row]:
    """The lines of which `arrived` told, in order of arrival; `json` is a line as it is answered."""
    times = [key["timestamp"] for key in keys]
    return await tx.rows(_LINES_OF, ids=[key["id"] for key in keys], first=min(times), last=max(times))


async def of_flow_run(tx: Executor, flow_run_id: UUID, since: datetime, after: UUID) -> list[Row]:
    """The next lines of a flow run in order of time, beyond the one of this time and id; none at their end."""
    return await tx.rows(_OF_RUN, flow_run_id=flow_run_id, since=since, after=after, limit=PAGE, bytes=PAGE_BYTES)

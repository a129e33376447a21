"""Deleting events of one kind that are past their time."""

from datetime import datetime

from sqlalchemy import BigInteger, Executable, Text, bindparam, delete, select, tuple_

from locum.infra.db import Executor, prepare
from locum.tables.base import Instant
from locum.tables.events import event

BATCH = 5000


def _delete() -> Executable:
    chosen = (
        select(event.c.id, event.c.occurred)
        .where(event.c.event == bindparam("kind", type_=Text), event.c.occurred < bindparam("before", type_=Instant))
        .order_by(event.c.occurred)
        .limit(bindparam("limit", type_=BigInteger))
    )
    return delete(event).where(tuple_(event.c.id, event.c.occurred).in_(chosen))


_DELETE = prepare(_delete())


async def delete_before(tx: Executor, kind: str, before: datetime) -> int:
    """Delete the oldest events of this name that occurred before: how many, which is at most BATCH."""
    return await tx.run(_DELETE, kind=kind, before=before, limit=BATCH)

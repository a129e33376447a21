"""Every statement about concurrency limits."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, any_, bindparam, delete, func, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from locum.domain.ids import new_id
from locum.infra.db import Executor, prepare
from locum.tables.concurrency import concurrency_limit

_BY_ID = concurrency_limit.c.id == bindparam("limit_id", type_=Uuid)
_PUT = prepare(
    insert(concurrency_limit)
    .values(
        id=bindparam("limit_id", type_=Uuid),
        name=bindparam("name", type_=Text),
        limit=bindparam("slots", type_=Integer),
    )
    .on_conflict_do_update(
        index_elements=["name"], set_={"limit": bindparam("slots", type_=Integer), "updated": func.now()}
    )
    .returning(concurrency_limit.c.id)
)
_RESIZE = prepare(
    update(concurrency_limit).where(_BY_ID).values(limit=bindparam("slots", type_=Integer), updated=func.now())
)
_DELETE = prepare(
    delete(concurrency_limit).where(concurrency_limit.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)


async def put(tx: Executor, name: str, slots: int) -> UUID:
    """Make a limit, or resize the one of that name; its id."""
    found: UUID = await tx.value(_PUT, limit_id=new_id(), name=name, slots=slots)
    return found


async def resize(tx: Executor, limit_id: UUID, slots: int) -> None:
    """Give a limit another number of slots."""
    await tx.run(_RESIZE, limit_id=limit_id, slots=slots)


async def delete_many(tx: Executor, ids: Sequence[UUID]) -> None:
    """Delete limits; deployments that have them lose them."""
    await tx.run(_DELETE, ids=list(ids))

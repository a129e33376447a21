"""Whether the database answers."""

from sqlalchemy import literal, select

from locum.domain.errors import Unavailable
from locum.infra.db import Executor, prepare

_ONE = prepare(select(literal(1)))


async def answers(db: Executor) -> bool:
    """Whether the database carries out a statement now."""
    try:
        return await db.value(_ONE) == 1
    except Unavailable:
        return False

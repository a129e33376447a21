"""How many slots of a concurrency limit are in use, as an expression for any statement that reads limits."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, case, cast, func, or_, select
from sqlalchemy import literal_column as sql

from locum.tables.concurrency import concurrency_limit, concurrency_slot

_ZERO: ColumnElement[int] = sql("0", Integer())


def live(at: ColumnElement[Any]) -> ColumnElement[bool]:
    """Slots that are held at that moment: their lease has not run out, or never does."""
    return or_(concurrency_slot.c.expires_at.is_(None), concurrency_slot.c.expires_at > at)


def left_of(
    count: ColumnElement[Any], rate: ColumnElement[Any], since: ColumnElement[Any], at: ColumnElement[Any]
) -> ColumnElement[Any]:
    """What is left at that moment of a number that gets less by so many per second."""
    elapsed = func.extract("epoch", at - since)
    return func.greatest(_ZERO, count - rate * func.greatest(_ZERO, elapsed))


_LEVEL = left_of(
    concurrency_limit.c.taken_slots,
    concurrency_limit.c.slot_decay_per_second,
    concurrency_limit.c.counted,
    func.now(),
)
HELD: ColumnElement[int] = (
    select(func.coalesce(func.sum(concurrency_slot.c.slots), _ZERO))
    .where(concurrency_slot.c.concurrency_limit_id == concurrency_limit.c.id, live(func.now()))
    .correlate(concurrency_limit)
    .scalar_subquery()
)
"""How many slots of a row of `concurrency_limit` are held, whether it decays or not."""

ACTIVE_SLOTS: ColumnElement[int] = cast(
    # a slot that has decayed in part is in use; the fraction allows for rounding
    case((concurrency_limit.c.slot_decay_per_second > _ZERO, func.ceil(_LEVEL - sql("1e-9"))), else_=HELD),
    Integer,
)
"""Slots in use of a row of `concurrency_limit`, as whole numbers."""

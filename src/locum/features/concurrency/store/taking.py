"""Statements that take slots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    Interval,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import ARRAY

from locum.domain.ids import new_id
from locum.filters.concurrency import left_of, live
from locum.infra.db import Executor, Row, prepare
from locum.tables.base import Instant
from locum.tables.concurrency import concurrency_limit, concurrency_slot

# The clock, not the start of the transaction: what was waited for has changed since then.
CLOCK: ColumnElement[Any] = func.clock_timestamp(type_=Instant)
NEXT_TURN = {"turn": concurrency_limit.c.turn + sql("1", BigInteger())}
"""What whoever takes slots, or renews a lease, changes of a limit."""

_OF = concurrency_slot.c.concurrency_limit_id
_LIVE = live(CLOCK)
_LIMIT_IDS = bindparam("limit_ids", type_=ARRAY(Uuid))


@dataclass(frozen=True)
class Lease:
    """Under what slots are held: a lease that lasts so long (None: until it is given up), and who holds it."""

    id: UUID
    lasts: timedelta | None = None
    holder_type: str | None = None
    holder_id: UUID | None = None


_TAKEN = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), _LIMIT_IDS, bindparam("slots", type_=ARRAY(Integer)))
    .table_valued("id", "limit_id", "slots", name="given")
    .render_derived(name="given")
)
SLOT_COLUMNS = ("id", "concurrency_limit_id", "slots", "lease_id", "holder_type", "holder_id", "expires_at", "created")
LEASE: tuple[ColumnElement[Any], ...] = (
    bindparam("lease_id", type_=Uuid),
    bindparam("holder_type", type_=Text),
    bindparam("holder_id", type_=Uuid),
    CLOCK + bindparam("lasts", type_=Interval),
    CLOCK,
)
_TAKE = prepare(
    insert(concurrency_slot)
    .from_select(SLOT_COLUMNS, select(_TAKEN.c.id, _TAKEN.c.limit_id, _TAKEN.c.slots, *LEASE))
    .add_cte(
        update(concurrency_limit).where(concurrency_limit.c.id == any_(_LIMIT_IDS)).values(NEXT_TURN).cte("turned")
    )
)
_FACTS = (
    "id",
    "name",
    "limit",
    "active",
    "slot_decay_per_second",
    "avg_slot_occupancy_seconds",
    "taken_slots",
    "denied_slots",
    "counted",
    "now",
)


_NAMED = any_(bindparam("names", type_=ARRAY(Text))) == concurrency_limit.c.name
_WANTED = bindparam("slots", type_=Integer)
_NOTHING: ColumnElement[int] = sql("0", Integer())


def _judged() -> CTE:
    """The limits, held, and of each whether slots are free, and whether what was counted can be trusted."""
    locked = (
        select(concurrency_limit, CLOCK.label("now"))
        .where(_NAMED)
        .order_by(concurrency_limit.c.id)
        .with_for_update(key_share=True)
        .cte("locked")
    )
    seen = select(concurrency_limit.c.id, concurrency_limit.c.turn).where(_NAMED).cte("seen")
    held = (
        select(_OF.label("limit_id"), func.sum(concurrency_slot.c.slots).label("held"))
        .where(_OF.in_(select(seen.c.id)), _LIVE, concurrency_slot.c.slots > _NOTHING)
        .group_by(_OF)
        .cte("held")
    )
    decay = locked.c.slot_decay_per_second
    decays = decay > _NOTHING
    level = left_of(locked.c.taken_slots, decay, locked.c.counted, locked.c.now)
    used = case((decays, level), else_=func.coalesce(held.c.held, _NOTHING))
    room = (used + _WANTED <= locked.c.limit + sql("1e-9")) & (decays | ~bindparam("rate", type_=Boolean))
    return (
        select(
            *(locked.c[column] for column in _FACTS),
            func.coalesce(held.c.held, _NOTHING).cast(Integer).label("held"),
            decays.label("decays"),
            level.label("level"),
            left_of(locked.c.denied_slots, decay, locked.c.counted, locked.c.now).label("denied"),
            func.row_number().over(order_by=locked.c.id).cast(Integer).label("place"),
            (seen.c.turn == locked.c.turn).label("sure"),
            (room | ~locked.c.active).label("fits"),
        )
        .select_from(locked.outerjoin(seen, seen.c.id == locked.c.id).outerjoin(held, held.c.limit_id == locked.c.id))
        .cte("judged")
    )


def _take_at_once() -> Any:
    """Takes slots if that can be seen in one look, and says which limits there are and whether it did.

    A statement counts what was there when it began, which may be before the limits were its own. If their turn is
    another by then, the count says nothing, and nothing is taken: the caller has to hold them first, and then count.
    """
    judged = _judged()
    fits = func.bool_and(judged.c.sure & judged.c.fits)
    verdict = select(func.coalesce(fits, sql("false")).label("taken")).cte("verdict")
    ids = (
        func.unnest(bindparam("ids", type_=ARRAY(Uuid)))
        .table_valued("id", with_ordinality="place", name="fresh")
        .render_derived(name="fresh")
    )
    slots = case((judged.c.active, _WANTED), else_=_NOTHING)
    taken = (
        insert(concurrency_slot)
        .from_select(
            SLOT_COLUMNS,
            select(ids.c.id, judged.c.id, slots, *LEASE)
            .select_from(judged.join(verdict, verdict.c.taken).join(ids, ids.c.place == judged.c.place))
            .where(LEASE[0].is_not(None) | (judged.c.active & ~judged.c.decays)),
        )
        .cte("taken")
    )
    limit = concurrency_limit.c
    turned = (
        update(concurrency_limit)
        .where(limit.id == judged.c.id, verdict.c.taken, judged.c.active)
        .values(
            **NEXT_TURN,
            taken_slots=case((judged.c.decays, judged.c.level + _WANTED), else_=limit.taken_slots),
            denied_slots=case((judged.c.decays, judged.c.denied), else_=limit.denied_slots),
            counted=case((judged.c.decays, func.greatest(limit.counted, judged.c.now)), else_=limit.counted),
        )
        .cte("turned")
    )
    return (
        select(*(judged.c[column] for column in _FACTS), judged.c.held, judged.c.sure, verdict.c.taken)
        .select_from(judged.join(verdict, sql("true")))
        .order_by(judged.c.id)
        .add_cte(taken, turned)
    )


_TAKE_AT_ONCE = prepare(_take_at_once())


async def take_at_once(
    ex: Executor, names: Sequence[str], wanted: int, lease: Lease | None, *, rate: bool
) -> list[Row]:
    """Take slots of all limits of these names, or none: the limits with what their slots are counted from.

    `taken` says whether it did; where it did not, it is only `sure` of those whose slots nobody took at the same time.
    """
    return await ex.rows(
        _TAKE_AT_ONCE, names=list(names), slots=wanted, rate=rate, ids=[new_id() for _ in names], **under(lease)
    )


async def take(tx: Executor, slots: Mapping[UUID, int], lease: Lease | None) -> None:
    """Hold so many slots of each limit. A lease over limits of which it holds none is a lease all the same."""
    await tx.run(
        _TAKE,
        ids=[new_id() for _ in slots],
        limit_ids=list(slots),
        slots=list(slots.values()),
        **under(lease),
    )


def under(lease: Lease | None) -> dict[str, Any]:
    """The parameters that carry a lease."""
    return {
        "lease_id": lease.id if lease else None,
        "holder_type": lease.holder_type if lease else None,
        "holder_id": lease.holder_id if lease else None,
        "lasts": lease.lasts if lease else None,
    }

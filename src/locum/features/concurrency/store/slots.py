"""Every statement about the slots that are held."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Interval,
    Update,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import ARRAY

from locum.features.concurrency.store.taking import CLOCK, NEXT_TURN
from locum.filters.concurrency import left_of, live
from locum.infra.db import Executor, Row, prepare
from locum.tables.base import Instant
from locum.tables.concurrency import concurrency_limit, concurrency_slot

_OF = concurrency_slot.c.concurrency_limit_id
_LIVE = live(CLOCK)
_LIMIT_IDS = bindparam("limit_ids", type_=ARRAY(Uuid))
_OF_THESE = any_(_LIMIT_IDS) == _OF


_SECONDS = func.extract("epoch", concurrency_slot.c.expires_at - CLOCK).cast(Float(53))
_HELD = prepare(
    select(_OF.label("limit_id"), func.sum(concurrency_slot.c.slots).label("held"))
    .where(_OF_THESE, _LIVE, concurrency_slot.c.slots > 0)
    .group_by(_OF)
)
_ENDING = prepare(
    select(_OF.label("limit_id"), _SECONDS.label("seconds"), concurrency_slot.c.slots)
    .where(
        _OF_THESE,
        concurrency_slot.c.slots > 0,
        concurrency_slot.c.expires_at > CLOCK,
        concurrency_slot.c.expires_at < CLOCK + bindparam("within", type_=Interval),
    )
    .order_by(concurrency_slot.c.expires_at)
)
_COUNTS = (
    func.unnest(
        _LIMIT_IDS,
        bindparam("taken", type_=ARRAY(Float(53))),
        bindparam("denied", type_=ARRAY(Float(53))),
        bindparam("occupancy", type_=ARRAY(Float(53))),
    )
    .table_valued("limit_id", "taken", "denied", "occupancy", name="given")
    .render_derived(name="given")
)
_DENIED = (
    func.unnest(_LIMIT_IDS, bindparam("denied", type_=ARRAY(Float(53))))
    .table_valued("limit_id", "denied", name="given")
    .render_derived(name="given")
)
_DENY = prepare(
    update(concurrency_limit)
    .where(concurrency_limit.c.id == _DENIED.c.limit_id)
    .values(
        denied_slots=_DENIED.c.denied,
        taken_slots=left_of(
            concurrency_limit.c.taken_slots,
            concurrency_limit.c.slot_decay_per_second,
            concurrency_limit.c.counted,
            CLOCK,
        ),
        counted=func.greatest(concurrency_limit.c.counted, CLOCK),
    )
)
_COUNT = prepare(
    update(concurrency_limit)
    .where(concurrency_limit.c.id == _COUNTS.c.limit_id)
    .values(
        taken_slots=_COUNTS.c.taken,
        denied_slots=_COUNTS.c.denied,
        avg_slot_occupancy_seconds=_COUNTS.c.occupancy,
        counted=func.greatest(concurrency_limit.c.counted, bindparam("now", type_=Instant)),
    )
)


def _cut() -> Any:
    """Slots without a lease go first, then the oldest. A lease that is left without slots is a lease all the same."""
    wanted = (
        func.unnest(_LIMIT_IDS, bindparam("slots", type_=ARRAY(Integer)))
        .table_valued("limit_id", "slots", name="wanted")
        .render_derived(name="wanted")
    )
    order = (concurrency_slot.c.lease_id.is_not(None), concurrency_slot.c.id)
    before = func.sum(concurrency_slot.c.slots).over(partition_by=_OF, order_by=order) - concurrency_slot.c.slots
    ordered = (
        select(concurrency_slot.c.id, concurrency_slot.c.slots, wanted.c.slots.label("wanted"), before.label("before"))
        .join(wanted, wanted.c.limit_id == _OF)
        .where(_LIVE, concurrency_slot.c.slots > 0)
        .cte("ordered")
    )
    part = func.least(ordered.c.slots, ordered.c.wanted - ordered.c.before)
    cut = select(ordered.c.id, part.cast(Integer).label("part")).where(ordered.c.before < ordered.c.wanted).cte("cut")
    spent = (concurrency_slot.c.slots == cut.c.part) & concurrency_slot.c.lease_id.is_(None)
    gone = delete(concurrency_slot).where(concurrency_slot.c.id == cut.c.id, spent).cte("gone")
    return (
        update(concurrency_slot)
        .where(concurrency_slot.c.id == cut.c.id, ~spent)
        .values(slots=concurrency_slot.c.slots - cut.c.part)
        .add_cte(gone)
    )


def holding(condition: ColumnElement[bool]) -> CTE:
    """The limits of these slots, held in the order of their ids, as by everybody who changes slots."""
    return (
        select(concurrency_limit.c.id)
        .where(concurrency_limit.c.id.in_(select(_OF).where(condition)))
        .order_by(concurrency_limit.c.id)
        .with_for_update(key_share=True)
        .cte("locked")
    )


def giving_back(locked: CTE, *conditions: ColumnElement[bool]) -> Update:
    """The giving back of slots of limits that are held; a lease that has run out has given back its slots already.

    The parameter `shortest` is the least number of seconds that slots count as held.
    """
    gone = (
        delete(concurrency_slot)
        .where(*conditions, or_(_OF.is_(None), _OF.in_(select(locked.c.id))))
        .returning(
            _OF.label("limit_id"),
            case((_LIVE, concurrency_slot.c.slots), else_=sql("0", Integer())).label("slots"),
            concurrency_slot.c.created,
        )
        .cte("gone")
    )
    seconds = func.extract("epoch", CLOCK - gone.c.created).cast(Float(53))
    shortest = bindparam("shortest", type_=Float(53))
    freed = (
        select(
            gone.c.limit_id,
            func.sum(gone.c.slots).label("slots"),
            func.greatest(shortest, func.avg(seconds)).label("seconds"),
        )
        .where(gone.c.slots > 0)
        .group_by(gone.c.limit_id)
        .cte("freed")
    )
    mean, decay = concurrency_limit.c.avg_slot_occupancy_seconds, concurrency_limit.c.slot_decay_per_second
    counted = concurrency_limit.c.counted
    weight = func.least(sql("1.0"), freed.c.slots / (sql("2.0") * func.greatest(sql("1"), concurrency_limit.c.limit)))
    given_back = case((decay > sql("0"), freed.c.slots), else_=sql("0", Integer()))
    return (
        update(concurrency_limit)
        .where(concurrency_limit.c.id == freed.c.limit_id)
        .values(
            avg_slot_occupancy_seconds=func.coalesce(mean + (freed.c.seconds - mean) * weight, freed.c.seconds),
            # what does not decay is not counted here, and stays as it is
            taken_slots=func.greatest(
                sql("0"), left_of(concurrency_limit.c.taken_slots, decay, counted, CLOCK) - given_back
            ),
            denied_slots=left_of(concurrency_limit.c.denied_slots, decay, counted, CLOCK),
            counted=case((decay > sql("0"), CLOCK), else_=counted),
        )
    )


def of_lease() -> ColumnElement[bool]:
    """The slots under the lease that the parameter `lease` names."""
    return concurrency_slot.c.lease_id == bindparam("lease", type_=Uuid)


def renewal() -> Update:
    """The renewing of a lease; parameters: `lease`, and how long it `lasts` from now (null: for good).

    The clock is read once the limits are held: who counts them has either seen the lease end, or sees it go on.
    """
    lease = of_lease()
    locked = holding(lease)
    moment = select(func.array_agg(locked.c.id).label("ids"), CLOCK.label("at")).cte("moment")
    return (
        update(concurrency_slot)
        .where(lease, live(moment.c.at), or_(_OF.is_(None), any_(moment.c.ids) == _OF))
        .values(expires_at=moment.c.at + bindparam("lasts", type_=Interval))
        .add_cte(
            update(concurrency_limit)
            .where(any_(moment.c.ids) == concurrency_limit.c.id)
            .values(NEXT_TURN)
            .cte("turned")
        )
    )


_THEIRS = concurrency_slot.alias("theirs")
_OF_HOLDER = concurrency_slot.c.lease_id.in_(
    select(_THEIRS.c.lease_id).where(
        _THEIRS.c.concurrency_limit_id == any_(_LIMIT_IDS), _THEIRS.c.holder_id == bindparam("holder_id", type_=Uuid)
    )
)
_DEAD = (
    select(concurrency_slot.c.id)
    .where(concurrency_slot.c.expires_at < func.now())
    .order_by(concurrency_slot.c.expires_at)
    .limit(bindparam("most", type_=BigInteger))
    .with_for_update(skip_locked=True)
)
_CUT = prepare(_cut())
_RELEASE = prepare(giving_back(holding(of_lease()), of_lease()))
_RELEASE_HELD = prepare(giving_back(holding(_OF_HOLDER), _OF_HOLDER))
_RENEW = prepare(renewal())
_CLEAR = prepare(delete(concurrency_slot).where(_OF_THESE))
_CLEAR_LOOSE = prepare(delete(concurrency_slot).where(_OF_THESE, concurrency_slot.c.lease_id.is_(None)))
_DELETE_DEAD = prepare(delete(concurrency_slot).where(concurrency_slot.c.id.in_(_DEAD)))


async def held(tx: Executor, limit_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many slots of these limits are held now; limits of which none is are left out."""
    return {row["limit_id"]: row["held"] for row in await tx.rows(_HELD, limit_ids=list(limit_ids))}


async def ending(ex: Executor, limit_ids: Sequence[UUID], within: timedelta) -> list[Row]:
    """Leases that run out soon, the next first: `limit_id`, `seconds` from now, `slots`."""
    return await ex.rows(_ENDING, limit_ids=list(limit_ids), within=within)


async def count(tx: Executor, counts: Mapping[UUID, tuple[float, float, float | None]], now: datetime) -> None:
    """Note of each limit how many slots that decay are taken, how many were denied, and how long slots are held."""
    taken, denied, occupancy = zip(*counts.values(), strict=True)
    await tx.run(
        _COUNT, limit_ids=list(counts), taken=list(taken), denied=list(denied), occupancy=list(occupancy), now=now
    )


async def deny(ex: Executor, denied: Mapping[UUID, float]) -> None:
    """Note of each limit how many slots are waited for now."""
    await ex.run(_DENY, limit_ids=list(denied), denied=list(denied.values()))


async def cut(tx: Executor, slots: Mapping[UUID, int]) -> None:
    """Give back so many slots of each limit, whoever holds them; all of them where there are fewer."""
    await tx.run(_CUT, limit_ids=list(slots), slots=list(slots.values()))


async def release(ex: Executor, lease_id: UUID, shortest: float) -> None:
    """End a lease; slots count as held for `shortest` seconds at least."""
    await ex.run(_RELEASE, lease=lease_id, shortest=shortest)


async def release_held(ex: Executor, limit_ids: Sequence[UUID], holder_id: UUID, shortest: float) -> None:
    """End the leases that somebody holds on any of these limits."""
    await ex.run(_RELEASE_HELD, limit_ids=list(limit_ids), holder_id=holder_id, shortest=shortest)


async def renew(ex: Executor, lease_id: UUID, lasts: timedelta | None) -> bool:
    """Let a lease last so long from now, or for good; False where there is none, or it has run out."""
    return await ex.run(_RENEW, lease=lease_id, lasts=lasts) > 0


async def clear(tx: Executor, limit_ids: Sequence[UUID], *, leased: bool = True) -> None:
    """Give back all slots of these limits, or those that are held without a lease."""
    await tx.run(_CLEAR if leased else _CLEAR_LOOSE, limit_ids=list(limit_ids))


async def delete_dead(ex: Executor, most: int) -> int:
    """Delete what is held no more, the oldest first; how many rows."""
    return await ex.run(_DELETE_DEAD, most=most)

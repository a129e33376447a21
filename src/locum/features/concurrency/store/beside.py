"""Taking, renewing and giving back slots beside another change, in its statement: both come about, or neither does.

Whoever writes a run's state tells `Beside` what the change has to wait for, and what follows from it. Limits are always
held before the run's row, so that nobody waits in a circle.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import ARRAY

from locum.domain.ids import new_id
from locum.domain.orchestration import SlotLimit
from locum.features.concurrency.accounting import SHORTEST_OCCUPANCY
from locum.features.concurrency.store import limits, slots
from locum.features.concurrency.store.taking import CLOCK, LEASE, NEXT_TURN, SLOT_COLUMNS, Lease, under
from locum.filters.concurrency import left_of
from locum.infra.db import GivenRows
from locum.tables.concurrency import concurrency_limit, concurrency_slot


@dataclass(frozen=True)
class Beside:
    """What a change waits for, and the CTEs that follow once it has come about."""

    condition: ColumnElement[bool]
    follow: Callable[[CTE], tuple[CTE, ...]]


_WANTED = GivenRows("wanted", {"id": Uuid(), "limit_id": Uuid(), "turn": BigInteger(), "size": Integer()})


def taking() -> Beside:
    """A slot of each limit is taken, if nobody has taken one, or changed the limit, since it was read."""
    limit, wanted = concurrency_limit.c, _WANTED.c
    held = (
        select(limit.id.label("limit_id"), wanted["id"].label("slot_id"))
        .join(_WANTED.source, wanted["limit_id"] == limit.id)
        .where(limit.turn == wanted["turn"], limit.limit == wanted["size"], limit.active)
        .order_by(limit.id)
        .with_for_update(key_share=True, of=concurrency_limit)
        .cte("held_limits")
    )
    asked = select(func.count()).select_from(_WANTED.source).scalar_subquery()
    every = select(func.count()).select_from(held).scalar_subquery() == asked
    reserved = select(held.c.limit_id, held.c.slot_id).where(every).cte("reserved")

    def follow(changed: CTE) -> tuple[CTE, ...]:
        taken = insert(concurrency_slot).from_select(
            SLOT_COLUMNS,
            select(reserved.c.slot_id, reserved.c.limit_id, sql("1", Integer()), *LEASE).where(_any(changed)),
        )
        return taken.cte("taken"), _turned(reserved, changed)

    return Beside(_any(reserved), follow)


def _turned(reserved: CTE, changed: CTE) -> CTE:
    """Where slots decay it is a number that says how many are in use; elsewhere those who hold them are counted."""
    limit = concurrency_limit.c
    decays = limit.slot_decay_per_second > sql("0")
    left = left_of(limit.taken_slots, limit.slot_decay_per_second, limit.counted, CLOCK)
    waited = left_of(limit.denied_slots, limit.slot_decay_per_second, limit.counted, CLOCK)
    return (
        update(concurrency_limit)
        .where(limit.id == reserved.c.limit_id, _any(changed))
        .values(
            **NEXT_TURN,
            taken_slots=case((decays, left + sql("1")), else_=limit.taken_slots),
            denied_slots=case((decays, waited), else_=limit.denied_slots),
            counted=case((decays, func.greatest(limit.counted, CLOCK)), else_=limit.counted),
        )
        .cte("turned")
    )


def renewing() -> Beside:
    """A lease lasts longer, or for good; the change waits for one that has not run out."""
    renewed = slots.renewal().returning(concurrency_slot.c.id).cte("renewed")
    return Beside(_any(renewed), lambda _changed: ())


def giving_back() -> Beside:
    """What is held under a lease is given back; a lease that has run out is no hindrance."""
    return _giving_back(slots.of_lease())


def giving_back_tags() -> Beside:
    """What a task run holds of the limits of some names is given back."""
    held = concurrency_slot.alias("held_by_run")
    leases = (
        select(held.c.lease_id)
        .join(concurrency_limit, concurrency_limit.c.id == held.c.concurrency_limit_id)
        .where(
            held.c.holder_id == bindparam("holder_id", type_=Uuid),
            concurrency_limit.c.name == any_(bindparam("limit_names", type_=ARRAY(Text))),
        )
    )
    return _giving_back(concurrency_slot.c.lease_id.in_(leases))


def _giving_back(condition: ColumnElement[bool]) -> Beside:
    locked = slots.holding(condition)
    first = select(func.count()).select_from(locked).scalar_subquery() >= sql("0")

    def follow(changed: CTE) -> tuple[CTE, ...]:
        return (slots.giving_back(locked, condition, _any(changed)).cte("given_back"),)

    return Beside(first, follow)


def _any(rows: CTE) -> ColumnElement[bool]:
    return exists(select(sql("1", Integer())).select_from(rows))


def taking_values(wanted: Collection[SlotLimit], lease: Lease) -> dict[str, Any]:
    """The parameters of `taking`."""
    rows = ({"id": new_id(), "limit_id": one.id, "turn": one.turn, "size": one.size} for one in wanted)
    return {**_WANTED.values(rows), **under(lease)}


def renewing_values(lease_id: UUID, lasts: timedelta | None) -> dict[str, Any]:
    """The parameters of `renewing`."""
    return {"lease": lease_id, "lasts": lasts}


def giving_back_tags_values(tags: Collection[str], task_run_id: UUID) -> dict[str, Any]:
    """The parameters of `giving_back_tags`."""
    return {
        "limit_names": [limits.name_of(tag) for tag in tags],
        "holder_id": task_run_id,
        "shortest": SHORTEST_OCCUPANCY,
    }


def giving_back_values(lease_id: UUID) -> dict[str, Any]:
    """The parameters of `giving_back`."""
    return {"lease": lease_id, "shortest": SHORTEST_OCCUPANCY}

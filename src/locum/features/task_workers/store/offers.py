"""The queue of background tasks: task runs on offer, who was sent one, and who has confirmed it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Boolean, FromClause, Text, Uuid, any_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL, insert

from locum.infra.db import Executor, prepare
from locum.tables.task_runs import task_run
from locum.tables.task_workers import task_offer

HELD_FOR = timedelta(seconds=60)
"""How long an offer stays with a taker of which nothing is heard: the server that held its connection is gone."""

_HELD_FOR = bindparam("held_for", type_=INTERVAL)
_KEYS = bindparam("task_keys", type_=ARRAY(Text))
_TAKERS = bindparam("takers", type_=ARRAY(Uuid))
_TASK_RUNS = bindparam("task_run_ids", type_=ARRAY(Uuid))


def _offering(rows: Any) -> Any:
    """A run that waits already stays where it is in the queue; one that is under way is on offer again.

    For whoever was sent it may have run it by now, and only its confirmation is still to come.
    """
    made = insert(task_offer).from_select(["task_run_id", "task_key", "urgent"], rows)
    return made.on_conflict_do_update(
        index_elements=["task_run_id"],
        set_={"urgent": made.excluded.urgent, "taker": None, "taken_until": None},
        where=task_offer.c.taker.is_not(None),
    )


def insertion(among: FromClause) -> CTE:
    """The offering of the task runs `among`, which has `id` and `task_key`, for the statement that makes them."""
    rows = select(among.c.id, among.c.task_key, bindparam("urgent", value=False, type_=Boolean))
    return _offering(rows).returning(task_offer.c.task_run_id).cte("offering")


_OFFER = prepare(
    _offering(
        select(task_run.c.id, task_run.c.task_key, bindparam("urgent", type_=Boolean)).where(
            task_run.c.id == bindparam("task_run_id", type_=Uuid)
        )
    )
)
_key = func.unnest(_KEYS).column_valued("wanted")
_ON_OFFER = prepare(
    select(_key).where(
        select(task_offer.c.task_run_id)
        .where(
            task_offer.c.task_key == _key,
            or_(task_offer.c.taken_until.is_(None), task_offer.c.taken_until < func.now()),
        )
        .exists()
    )
)
_TAKE = prepare(
    text(Path(__file__).with_name("take.sql").read_text(encoding="utf-8"))
    .bindparams(_KEYS, _TAKERS, _HELD_FOR)
    .columns(task_run_id=Uuid, taker=Uuid)
)
_HOLD = prepare(
    update(task_offer)
    .where(task_offer.c.task_run_id == any_(_TASK_RUNS), task_offer.c.taker == any_(_TAKERS))
    .values(taken_until=func.now() + _HELD_FOR)
)
_GIVE_BACK = prepare(
    update(task_offer).where(task_offer.c.taker == any_(_TAKERS)).values(taker=None, taken_until=None, urgent=True)
)
_CONFIRM = prepare(
    delete(task_offer).where(
        task_offer.c.task_run_id == bindparam("wanted", type_=Uuid),
        task_offer.c.taker == bindparam("holder", type_=Uuid),
    )
)
_WITHDRAW = prepare(
    delete(task_offer).where(
        task_offer.c.task_run_id == any_(_TASK_RUNS),
        task_offer.c.taker == any_(_TAKERS),  # else it was offered anew, and the state seen here may be the one before
        task_run.c.id == task_offer.c.task_run_id,
        task_run.c.state_type.is_distinct_from("SCHEDULED"),
    )
)


async def offer(tx: Executor, task_run_id: UUID, *, urgent: bool) -> None:
    """Offer a task run to whoever serves its task; an urgent one goes before the others."""
    await tx.run(_OFFER, task_run_id=task_run_id, urgent=urgent)


async def on_offer(tx: Executor, task_keys: Collection[str]) -> set[str]:
    """Of which of these tasks there are runs to take."""
    return {row["wanted"] for row in await tx.rows(_ON_OFFER, task_keys=list(task_keys))}


async def take(tx: Executor, task_keys: Sequence[str], takers: Sequence[UUID]) -> dict[UUID, UUID]:
    """The task runs that are handed to takers, one each, as long as there are any: who got which.

    Tasks are asked in this order.
    """
    rows = await tx.rows(_TAKE, task_keys=list(task_keys), takers=list(takers), held_for=HELD_FOR)
    return {row["taker"]: row["task_run_id"] for row in rows}


async def hold(tx: Executor, held: Mapping[UUID, UUID]) -> None:
    """Takers are still connected: the task run that each was sent is theirs for another `HELD_FOR`."""
    await tx.run(_HOLD, takers=list(held), task_run_ids=list(held.values()), held_for=HELD_FOR)


async def give_back(tx: Executor, takers: Collection[UUID]) -> int:
    """Takers have gone: what they were sent and have not confirmed is on offer again, before the rest; how many."""
    return await tx.run(_GIVE_BACK, takers=list(takers))


async def confirm(tx: Executor, taker: UUID, task_run_id: UUID) -> None:
    """A taker has what it was sent; it is on offer no more."""
    await tx.run(_CONFIRM, holder=taker, wanted=task_run_id)


async def withdraw(tx: Executor, taken: Mapping[UUID, UUID]) -> None:
    """Of what takers were to be sent, offer no more what is not scheduled any longer."""
    await tx.run(_WITHDRAW, takers=list(taken), task_run_ids=list(taken.values()))

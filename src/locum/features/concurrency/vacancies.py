"""What rules may know of concurrency limits: whether there is a free slot of them, and since which turn."""

import random
from collections.abc import Collection
from uuid import UUID

from locum.domain.orchestration import SlotLimit
from locum.features.concurrency import accounting
from locum.features.concurrency.accounting import Patience
from locum.features.concurrency.store import limits
from locum.infra.db import Executor, Row, Tx


async def of_ids(ex: Executor, ids: Collection[UUID], lease_id: UUID | None = None) -> dict[UUID, SlotLimit]:
    """The limits of these ids; `held` says whether that lease has not run out, whatever it is on."""
    return {row["id"]: _read(row, 0.0) for row in await limits.seen(ex, ids=ids, lease_id=lease_id)}


async def of_tags(ex: Executor, tags: Collection[str], task_run_id: UUID, longest: float) -> tuple[SlotLimit, ...]:
    """The limits of these tags; `held` says whether that task run holds a slot of it. Nobody waits for longer."""
    names = [limits.name_of(tag) for tag in tags]
    return tuple(_read(row, longest) for row in await limits.seen(ex, names=names, holder_id=task_run_id))


async def hold(tx: Tx, ids: Collection[UUID] = (), tags: Collection[str] = ()) -> None:
    """Let nobody else take slots of these limits until the transaction ends."""
    await limits.hold(tx, ids=ids, names=[limits.name_of(tag) for tag in tags])


def _read(row: Row, longest: float) -> SlotLimit:
    limit = accounting.read(row)
    free = limit.has_room(1)
    luck = random.random()  # noqa: S311  (jitter is no secret)
    return SlotLimit(
        id=limit.id,
        name=limit.name,
        size=limit.limit,
        turn=row["turn"],
        active=limit.active,
        has_room=free,
        held=row["own"],
        wait=0.0 if free else accounting.deny(limit, 1, Patience(longest, longest), luck).wait,
    )

"""What rules may know of concurrency limits: whether there is a free slot of them, and since which turn.

Outside of a transaction others may take it at once; whoever writes on the strength of it says of which turn it was.
"""

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
    await _hold(ex, ids=ids)
    return {row["id"]: _read(row, 0.0) for row in await limits.seen(ex, ids=ids, lease_id=lease_id)}


async def of_tags(ex: Executor, tags: Collection[str], task_run_id: UUID, longest: float) -> tuple[SlotLimit, ...]:
    """The limits of these tags; `held` says whether that task run holds a slot of it. Nobody waits for longer."""
    names = [limits.name_of(tag) for tag in tags]
    await _hold(ex, names=names)
    return tuple(_read(row, longest) for row in await limits.seen(ex, names=names, holder_id=task_run_id))


async def _hold(ex: Executor, ids: Collection[UUID] = (), names: Collection[str] = ()) -> None:
    """Within a transaction, let nobody else take slots of these limits until it ends; what is read then stays true."""
    if isinstance(ex, Tx):
        await limits.hold(ex, ids=ids, names=names)


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

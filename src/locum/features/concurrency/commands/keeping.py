"""Making, changing and deleting limits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from locum.domain.errors import Conflict, NotFound
from locum.domain.ids import new_id
from locum.features.concurrency import accounting, lifecycle
from locum.features.concurrency.accounting import Limit
from locum.features.concurrency.schemas import ConcurrencyLimitV2Create, ConcurrencyLimitV2Update
from locum.features.concurrency.store import limits, slots, taking
from locum.features.concurrency.store.taking import Lease
from locum.features.events.emit import emit
from locum.infra.db import Tx


def key_of(id_or_name: str) -> dict[str, Any]:
    """By what a limit is looked up: its id where the text is one, or else its name."""
    try:
        return {"limit_id": UUID(id_or_name)}
    except ValueError:
        return {"name": id_or_name}


def found(limit: str | None, kind: str = "Concurrency Limit") -> str:
    """The limit. Raises NotFound where there is none."""
    if limit is None:
        msg = f"{kind} not found"
        raise NotFound(msg)
    return limit


async def create(tx: Tx, body: ConcurrencyLimitV2Create, now: datetime) -> str:
    """Make a limit, as JSON text. Raises UniqueConflict where there is one of that name."""
    rate = body.slot_decay_per_second > 0
    values = body.model_dump(exclude={"active_slots"})
    values["taken_slots"] = body.active_slots if rate else 0
    made = await limits.insert_new(tx, {"id": new_id(), **values})
    if body.active_slots and not rate:
        await taking.take(tx, {made["id"]: body.active_slots}, None)
    await emit(tx, lifecycle.changed("created", made, now))
    return await limits.get_made(tx, made["id"])


async def change(tx: Tx, id_or_name: str, body: ConcurrencyLimitV2Update, now: datetime) -> None:
    """Change a limit. Raises NotFound, and Conflict for what cannot be null or a name that is taken."""
    row = await limits.lock_one(tx, **key_of(id_or_name))
    if row is None:
        raise NotFound("Concurrency Limit not found")
    given = body.model_dump(exclude_unset=True)
    if None in given.values():
        raise Conflict("What a limit must have cannot be null.")
    held = (await slots.held(tx, [row["id"]])).get(row["id"], 0)
    before = accounting.read({**row, "held": held})
    wanted = given.pop("active_slots", None)
    decay: float = given.get("slot_decay_per_second", before.decay)
    in_use: float = before.level if wanted is None else wanted
    counted = {
        "taken_slots": in_use if decay else 0.0,
        "denied_slots": given.get("denied_slots", before.denied),
        "counted": before.now,
    }
    changed = await limits.change(tx, before.id, {**given, **counted})
    if wanted is not None or bool(decay) != bool(before.decay):
        await _hold(tx, before, before.slots_in_use if wanted is None else wanted, rate=decay > 0)
    if changed is not None:
        await emit(tx, lifecycle.changed("updated", changed, now))


async def _hold(tx: Tx, limit: Limit, wanted: int, *, rate: bool) -> None:
    """Make the slots that are held as many as wanted, whoever holds them; those of a rate are not held by anybody."""
    if rate:
        await slots.clear(tx, [limit.id], leased=False)
    elif wanted > limit.held:
        await taking.take(tx, {limit.id: wanted - limit.held}, None)
    elif wanted < limit.held:
        await slots.cut(tx, {limit.id: limit.held - wanted})


async def remove(tx: Tx, id_or_name: str, now: datetime) -> None:
    """Delete a limit; leases on it go on without it. Raises NotFound."""
    gone = await limits.delete_one(tx, **key_of(id_or_name))
    if gone is None:
        raise NotFound("Concurrency Limit not found")
    await emit(tx, lifecycle.changed("deleted", gone, now))


async def limit_tag(tx: Tx, tag: str, size: int, now: datetime) -> tuple[str, bool]:
    """Make the limit of a tag, or resize it, as JSON text; whether it is new."""
    row, made = await limits.put_row(tx, limits.name_of(tag), size)
    await emit(tx, lifecycle.changed("created" if made else "updated", row, now))
    return row["json"], made


async def reset_tag(tx: Tx, tag: str, run_ids: list[UUID] | None) -> None:
    """Take the slots of a tag's limit from all who hold them, and give them to these task runs. Raises NotFound."""
    row = await limits.lock_one(tx, name=limits.name_of(tag))
    if row is None:
        raise NotFound("Concurrency limit not found")
    await slots.clear(tx, [row["id"]])
    for run_id in run_ids or ():
        await taking.take(tx, {row["id"]: 1}, Lease(new_id(), holder_type="task_run", holder_id=run_id))


async def remove_of_tag(tx: Tx, now: datetime, *, limit_id: UUID | None = None, tag: str | None = None) -> None:
    """Delete a limit with the leases on it. Raises NotFound."""
    row = await limits.lock_one(tx, limit_id=limit_id, name=None if tag is None else limits.name_of(tag))
    if row is None:
        raise NotFound("Concurrency limit not found")
    await slots.clear(tx, [row["id"]])
    gone = await limits.delete_one(tx, limit_id=row["id"])
    if gone is not None:
        await emit(tx, lifecycle.changed("deleted", gone, now))

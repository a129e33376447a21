"""Taking slots and giving them back."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from locum.domain.errors import Invalid, Locked
from locum.domain.ids import new_id
from locum.features.concurrency import accounting
from locum.features.concurrency.accounting import SHORTEST_OCCUPANCY, Denial, Limit, Patience
from locum.features.concurrency.store import limits, slots, taking
from locum.features.concurrency.store.taking import Lease
from locum.infra.db import Db, Executor, Tx

_VOID_VERSION = 8

Counts = tuple[float, float, float | None]
"""Of a limit: slots taken, slots denied, and how long they are held on average."""


@dataclass(frozen=True)
class Taken:
    """Slots of these limits (id, name, limit) were taken; of those that are inactive: none."""

    limits: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Refused:
    """There is no room: for so many seconds, as far as can be told; `limit` is the one to wait for."""

    limit: Limit
    wait: float


async def take(
    db: Db, names: Sequence[str], wanted: int, patience: Patience, *, rate: bool = False, lease: Lease | None = None
) -> Taken | Refused:
    """Take slots of every limit of these names, or of none.

    Raises Invalid where a limit is smaller than what is wanted, or is to be a `rate` and isn't. Most names have no
    limit, and most limits have room: that takes one statement. Only where others take slots at the same moment are the
    limits held first, and counted then.
    """
    found = await taking.take_at_once(db, names, wanted, lease, rate=rate)
    if not found or found[0]["taken"]:
        return Taken(found)
    if all(row["sure"] for row in found):
        full = _full([accounting.read(row) for row in found], wanted, rate=rate)
        if full:
            return await _deny(db, full, wanted, patience)
    return await db.transact(lambda tx: _take(tx, names, wanted, patience, rate=rate, lease=lease))


async def _take(
    tx: Tx, names: Sequence[str], wanted: int, patience: Patience, *, rate: bool, lease: Lease | None
) -> Taken | Refused:
    found = await locked(tx, names)
    full = _full(found, wanted, rate=rate)
    if full:
        return await _deny(tx, full, wanted, patience)
    await _hold(tx, found, wanted, lease)
    return Taken([_shown(limit) for limit in found])


def _shown(limit: Limit) -> dict[str, Any]:
    return {"id": limit.id, "name": limit.name, "limit": limit.limit}


async def locked(tx: Tx, names: Sequence[str]) -> list[Limit]:
    """The limits of these names, held until the transaction ends, with the slots that are held of them."""
    found = [accounting.read(row) for row in await limits.lock(tx, names)]
    counted = [limit.id for limit in found if not limit.decay]
    if not counted:
        return found
    # Counted by a statement of its own: it sees what those have written who had to be waited for.
    held = await slots.held(tx, counted)
    return [replace(limit, held=held.get(limit.id, 0)) for limit in found]


def _full(found: Sequence[Limit], wanted: int, *, rate: bool) -> list[Limit]:
    """The limits that have no room. Raises Invalid where they never will."""
    active = [limit for limit in found if limit.active]
    if any(limit.limit < wanted for limit in active):
        raise Invalid("Slots requested is greater than the limit")
    steady = [limit.name for limit in active if not limit.decay]
    if rate and steady:
        msg = (
            "Only concurrency limits with slot decay can be used for rate limiting. "
            f"The following limits do not have a decay configured: {','.join(steady)!r}"
        )
        raise Invalid(msg)
    return [limit for limit in active if not limit.has_room(wanted)]


async def _deny(ex: Executor, full: Sequence[Limit], wanted: int, patience: Patience) -> Refused:
    steady = [limit for limit in full if not limit.decay]
    ending: dict[UUID, list[tuple[float, int]]] = {}
    if steady:
        longest = max(patience.of(limit) for limit in steady)
        for row in await slots.ending(ex, [limit.id for limit in steady], timedelta(seconds=longest)):
            ending.setdefault(row["limit_id"], []).append((row["seconds"], row["slots"]))
    luck = random.random()  # noqa: S311 - guards nothing
    denials = [accounting.deny(limit, wanted, patience, luck, ending.get(limit.id, ())) for limit in full]
    await slots.deny(ex, {denial.limit.id: denial.denied for denial in denials})
    last: Denial = max(denials, key=lambda denial: denial.wait)
    return Refused(last.limit, last.wait)


async def _hold(tx: Tx, found: Sequence[Limit], wanted: int, lease: Lease | None) -> None:
    decaying = [limit for limit in found if limit.active and limit.decay]
    if decaying:
        await _count(tx, {one: (one.level + wanted, _still_denied(one), one.occupancy) for one in decaying})
    held = {one.id: wanted if one.active else 0 for one in found if lease or (one.active and not one.decay)}
    if held:
        await taking.take(tx, held, lease)


def _still_denied(limit: Limit) -> float:
    return max(0.0, limit.denied - limit.decay * limit.elapsed)


async def _count(tx: Tx, counts: Mapping[Limit, Counts]) -> None:
    if counts:
        now = next(iter(counts)).now
        await slots.count(tx, {limit.id: values for limit, values in counts.items()}, now)


async def give_back(tx: Tx, names: Sequence[str], given: int, seconds: float | None) -> list[dict[str, Any]]:
    """Give back slots that are held without a lease, for so long; the limits of these names."""
    found = await locked(tx, names)
    active = [limit for limit in found if limit.active]
    steady = {limit.id: given for limit in active if not limit.decay}
    if steady:
        await slots.cut(tx, steady)
    counts: dict[Limit, Counts] = {}
    for limit in active:
        occupancy = accounting.occupancy_after(limit, seconds, given) if seconds else limit.occupancy
        if limit.decay:
            counts[limit] = (max(0.0, limit.level - given), _still_denied(limit), occupancy)
        elif seconds:
            counts[limit] = (0.0, limit.denied, occupancy)
    await _count(tx, counts)
    return [_shown(limit) for limit in found]


async def end(db: Db, lease_id: UUID) -> None:
    """Give back what is held under a lease; nothing where there is no such lease."""
    if lease_id.version != _VOID_VERSION:
        await slots.release(db, lease_id, SHORTEST_OCCUPANCY)


async def renew(db: Db, lease_id: UUID, seconds: float) -> bool:
    """Let a lease last so long from now; False where there is none, or it has run out."""
    return lease_id.version == _VOID_VERSION or await slots.renew(db, lease_id, timedelta(seconds=seconds))


def void_lease() -> UUID:
    """The id of a lease that holds nothing. It is written nowhere: its version says what it is."""
    return UUID(int=new_id().int & ~(0xF << 76) | _VOID_VERSION << 76)


async def take_for_run(db: Db, tags: Sequence[str], run_id: UUID, patience: Patience) -> list[dict[str, Any]]:
    """Let a task run hold a slot of the limit of each tag, until it gives them back. Raises Locked."""
    names = {limits.name_of(tag): tag for tag in tags}
    if not names or not await limits.any_named(db, list(names)):
        return []
    lease = Lease(new_id(), holder_type="task_run", holder_id=run_id)

    async def work(tx: Tx) -> list[Limit]:
        return await _take_for_run(tx, list(names), lease, patience)

    taken = await db.transact(work)
    return [{**_shown(limit), "name": names[limit.name]} for limit in taken]


async def _take_for_run(tx: Tx, names: Sequence[str], lease: Lease, patience: Patience) -> list[Limit]:
    by_name = {limit.name: limit for limit in await locked(tx, names)}
    found = [by_name[name] for name in names if name in by_name]
    for limit in found:
        if limit.limit == 0:
            tag = limits.tag_of(limit.name)
            raise Locked(f'The concurrency limit on tag "{tag}" is 0 and will deadlock if the task tries to run again.')
    active = [limit for limit in found if limit.active]
    for limit in active:
        if not limit.has_room(1):
            tag = limits.tag_of(limit.name)
            raise Locked(f"Concurrency limit for the {tag} tag has been reached", retry_after=patience.tag)
    if active:
        await _hold(tx, active, 1, lease)
    return active


async def give_back_for_run(db: Db, tags: Sequence[str], run_id: UUID) -> list[dict[str, Any]]:
    """End the leases that a task run holds on the limits of these tags; these limits."""
    found = await limits.minimal(db, [limits.name_of(tag) for tag in tags])
    if found:
        await slots.release_held(db, [row["id"] for row in found], run_id, SHORTEST_OCCUPANCY)
    return [dict(row) for row in found]

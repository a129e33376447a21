"""Decides on the slots of concurrency limits: whether there is room, and when there will be. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

SHORTEST_OCCUPANCY = 0.1
"""Seconds that a slot is taken to be held at least, so that a rush of short holders doesn't divide by zero."""

_UNKNOWN_OCCUPANCY = 1.0
"""Seconds that a slot is taken to be held, until one was given back."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit at the moment `now`, and how many of its slots are held (which says nothing where they decay)."""

    id: UUID
    name: str
    limit: int
    active: bool
    decay: float
    occupancy: float | None
    taken: float
    denied: float
    counted: datetime
    now: datetime
    held: int = 0

    @property
    def elapsed(self) -> float:
        """Seconds since it was counted; never less than none, whatever a clock says."""
        return max(0.0, (self.now - self.counted).total_seconds())

    @property
    def level(self) -> float:
        """Slots in use, with those that have decayed in part."""
        return max(0.0, self.taken - self.decay * self.elapsed) if self.decay else float(self.held)

    @property
    def slots_in_use(self) -> int:
        """Slots in use, as whole numbers."""
        return max(0, math.ceil(self.level - _ROUNDING))

    def has_room(self, slots: int) -> bool:
        """Whether so many slots are free."""
        return self.level + slots <= self.limit + _ROUNDING


@dataclass(frozen=True, slots=True)
class Patience:
    """How long somebody is told to wait at most, in seconds: for a limit on a tag, or on anything else."""

    tag: float
    other: float

    def of(self, limit: Limit) -> float:
        """The longest wait for that limit."""
        return self.tag if limit.name.startswith("tag:") else self.other


@dataclass(frozen=True, slots=True)
class Denial:
    """What a refusal means for one limit: how many slots are waited for now, and how long this caller has to wait."""

    limit: Limit
    denied: float
    wait: float


def read(row: Mapping[str, Any]) -> Limit:
    """A limit from what the store has read of it."""
    return Limit(
        id=row["id"],
        name=row["name"],
        limit=row["limit"],
        active=row["active"],
        decay=row["slot_decay_per_second"],
        occupancy=row["avg_slot_occupancy_seconds"],
        taken=row["taken_slots"],
        denied=row["denied_slots"],
        counted=row["counted"],
        now=row["now"],
        held=row.get("held", 0),
    )


def deny(limit: Limit, slots: int, patience: Patience, luck: float, ending: Sequence[tuple[float, int]] = ()) -> Denial:
    """Tell a caller who wants so many slots of a limit without room how long to wait.

    `luck` (0 to 1) spreads those who would come back at once; `ending` are the leases that run out next, as (seconds
    from now, slots).
    """
    longest = patience.of(limit)
    if limit.decay:
        # When slots become free is known: each who was sent away is told to come when those before him were served.
        ahead = min(max(0.0, limit.denied - limit.decay * limit.elapsed), longest * limit.decay)
        return Denial(limit, ahead + slots, (limit.level + slots - limit.limit + ahead) / limit.decay)
    waiting = still_waiting(limit, longest) + slots
    missing = limit.held + slots - limit.limit
    guess = _pause(limit, waiting, missing, longest) * (0.85 + 0.3 * luck)
    return Denial(limit, waiting, min(guess, longest, _until_freed(missing, ending, longest)))


def still_waiting(limit: Limit, longest: float) -> float:
    """How many slots are waited for, of those that were denied: who was sent away is counted until he comes back."""
    if limit.denied <= 0:
        return 0.0
    return limit.denied * math.exp(-limit.elapsed / max(_pause(limit, limit.denied, 1, longest), _ROUNDING))


def _pause(limit: Limit, waiting: float, missing: int, longest: float) -> float:
    """A guess at when to come back.

    Slots become free every so often; of those who wait, more come back than are served, or a slot would lie idle until
    the next does, the longer the more the guess is wrong; but not as many more as there are.
    """
    known = _UNKNOWN_OCCUPANCY if limit.occupancy is None else limit.occupancy
    occupancy = max(known, SHORTEST_OCCUPANCY)
    return min(occupancy / max(limit.limit, 1) * max(missing, math.sqrt(waiting)), longest)


def _until_freed(slots: int, ending: Sequence[tuple[float, int]], longest: float) -> float:
    """Seconds until leases that nobody renews have given back so many slots."""
    for seconds, freed in ending:
        slots -= freed
        if slots <= 0:
            return max(0.0, seconds)
    return longest


def occupancy_after(limit: Limit, seconds: float, slots: int) -> float:
    """How long slots are held on average, after some were held for so long; the last two fillings of a limit count."""
    held = max(seconds, SHORTEST_OCCUPANCY)
    if limit.occupancy is None:
        return held
    return limit.occupancy + (held - limit.occupancy) * min(1.0, slots / (2 * max(limit.limit, 1)))

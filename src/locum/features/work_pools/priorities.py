"""The order of a pool's queues: priorities are kept apart, and changed as little as that takes."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def lowest_free(taken: Iterable[int]) -> int:
    """The first priority that no queue has; where the order has no gap, the one after the last."""
    last = 0
    for priority in sorted(taken):
        if priority != last + 1:
            return last + 1
        last = priority
    return last + 1


def settle(priorities: Mapping[Key, int], placed: Key | None = None) -> dict[Key, int]:
    """The priorities that must change so that no two are alike.

    `placed` is the queue that was just given its priority: it comes before one that had it already, which moves down.
    """
    ranked = sorted(priorities, key=lambda key: (priorities[key], key != placed))
    changed: dict[Key, int] = {}
    last = 0
    for key in ranked:
        if priorities[key] > last:
            last = priorities[key]
        else:
            last += 1
            changed[key] = last
    return changed

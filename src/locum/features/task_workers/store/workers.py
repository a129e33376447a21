"""Which task workers are connected."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Boolean, Text, bindparam, delete, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL, JSONB, insert

from locum.infra.db import Executor, GivenRows, dump_json, json_list, json_object, prepare, select_page
from locum.tables.task_workers import task_worker

REFRESHED_WITHIN = timedelta(seconds=60)
"""A worker not observed for so long is gone: its connection ended with the server that held it."""

_PRESENT = task_worker.c.last_seen > func.now() - literal(REFRESHED_WITHIN, INTERVAL)
_PROJECTION = json_object(
    task_worker,
    {
        "identifier": task_worker.c.identifier,
        "task_keys": task_worker.c.task_keys,
        "timestamp": task_worker.c.last_seen,
    },
)
_LIST = prepare(
    json_list(
        _PROJECTION,
        select_page(task_worker)
        .where(
            _PRESENT,
            or_(
                bindparam("all_keys", type_=Boolean),
                task_worker.c.task_keys.has_any(bindparam("task_keys", type_=ARRAY(Text))),
            ),
        )
        .order_by(task_worker.c.identifier),
        task_worker,
    )
)
_GIVEN = GivenRows("given", {"identifier": Text(), "task_keys": JSONB()})
_INSERTION = insert(task_worker).from_select(
    ["identifier", "task_keys", "last_seen"],
    # in one order everywhere, so that replicas that note the same workers do not lock each other out
    select(*_GIVEN.c.values(), func.clock_timestamp()).order_by(_GIVEN.c["identifier"]),
)
_OBSERVE = prepare(
    _INSERTION.on_conflict_do_update(
        index_elements=["identifier"],
        set_={"task_keys": _INSERTION.excluded.task_keys, "last_seen": _INSERTION.excluded.last_seen},
    )
)
_FORGET = prepare(delete(task_worker).where(task_worker.c.identifier == bindparam("wanted", type_=Text)))
_LOST = prepare(
    delete(task_worker).where(
        # those that another replica is noting are passed over: waiting for them, it might be waiting for others
        task_worker.c.identifier.in_(
            select(task_worker.c.identifier).where(~_PRESENT).with_for_update(skip_locked=True)
        )
    )
)


async def present(tx: Executor, task_keys: Sequence[str]) -> bytes:
    """The workers that are connected, as a JSON array: those for any of these tasks, or all where none is named."""
    found: bytes = await tx.value(_LIST, all_keys=not task_keys, task_keys=list(task_keys))
    return found


async def observe(tx: Executor, workers: Mapping[str, Collection[str]]) -> None:
    """Note that workers are connected, and for which tasks; to be repeated within `REFRESHED_WITHIN`."""
    rows = ({"identifier": name, "task_keys": dump_json(sorted(set(keys)))} for name, keys in workers.items())
    await tx.run(_OBSERVE, **_GIVEN.values(rows))


async def forget(tx: Executor, identifier: str) -> None:
    """Note that a worker has gone; those that were lost without a word are forgotten with it."""
    await tx.run(_FORGET, wanted=identifier)
    await tx.run(_LOST)

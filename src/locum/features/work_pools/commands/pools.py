"""What may be done to work pools."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from locum.domain.errors import Conflict, Forbidden, Invalid, NotFound
from locum.domain.ids import new_id
from locum.features.events.emit import emit, insertion_parameters
from locum.features.work_pools import job_templates, lifecycle
from locum.features.work_pools.schemas import WorkPoolCreate, WorkPoolUpdate
from locum.features.work_pools.store import pools, queues
from locum.infra.cipher import Cipher
from locum.infra.db import Db, Executor, Tx, UniqueConflict, dump_json

_QUEUE_DESCRIPTION = "The work pool's default queue."
_FREE_TO_CHANGE = {"is_paused", "concurrency_limit"}
_ANNOUNCED = ("description", "base_job_template", "concurrency_limit", "storage_configuration")
_AS_JSON = ("base_job_template", "storage_configuration")
_NOT_NULL = ("is_paused", "base_job_template", "storage_configuration")


async def create(db: Db, cipher: Cipher, body: WorkPoolCreate, now: datetime, *, old: bool) -> str:
    """A new pool with its default queue, as JSON text. Raises Forbidden, Invalid, NotFound, Conflict."""
    if _reserved(body.name):
        raise Forbidden("Work pools starting with 'Prefect' are reserved for internal use.")
    await check_defaults(db, cipher, body.base_job_template)
    try:
        return await insert_pool(db, body, now, old=old)
    except UniqueConflict as error:
        raise Conflict("A work pool with this name already exists.") from error


async def insert_pool(tx: Executor, body: WorkPoolCreate, now: datetime, *, old: bool) -> str:
    """A new pool with its default queue and all that is announced of it, in one statement. Raises UniqueConflict."""
    pool: dict[str, Any] = {
        "id": new_id(),
        "name": body.name,
        "description": body.description,
        "type": body.type,
        "base_job_template": dump_json(body.base_job_template),
        "is_paused": body.is_paused,
        "default_queue_id": new_id(),
        "concurrency_limit": body.concurrency_limit,
        "status": "PAUSED" if body.is_paused and body.type != pools.AGENTS else "NOT_READY",
        "storage_configuration": body.storage_configuration.model_dump_json(),
        "created": now,
    }
    queue = {
        "id": pool["default_queue_id"],
        "name": "default",
        "work_pool_id": pool["id"],
        "pool_name": pool["name"],
        "pool_type": pool["type"],
    }
    announced = insertion_parameters(
        [
            lifecycle.queue_changed("created", queue, now),
            lifecycle.pool_changed("created", pool, now),
            lifecycle.pool_status(pool, pool["status"], new_id(), now, new=True),
        ]
    )
    return await pools.insert_new(tx, {**pool, **announced, "queue_description": _QUEUE_DESCRIPTION}, old=old)


async def change(tx: Tx, name: str, body: WorkPoolUpdate, now: datetime) -> None:
    """Change a pool. Raises Forbidden, NotFound, Conflict."""
    if _reserved(name) and body.model_fields_set - _FREE_TO_CHANGE:
        raise Forbidden(
            "Work pools starting with 'Prefect' are reserved for internal use and can only be updated to set "
            "concurrency limits or pause."
        )
    pool = await pools.lock(tx, name)
    if pool is None:
        raise unknown(name)
    values = body.model_dump(mode="json", exclude_unset=True)
    for field in _NOT_NULL:
        if field in values and values[field] is None:
            raise Conflict(f"The {field} of a work pool cannot be null.")
    if body.storage_configuration is not None:
        values["storage_configuration"] = body.storage_configuration.model_dump(mode="json")
    before = {**pool, **{field: orjson.loads(pool[field]) for field in _AS_JSON}}
    updates = updates_between(before, values, _ANNOUNCED)
    for field in _AS_JSON:
        if field in values:
            values[field] = dump_json(values[field])
    status = await _status_after(tx, pool, body)
    if status is None:
        if values:
            await pools.change(tx, pool["id"], values)
    else:
        await _come_into(tx, pool, status, now, values, emit_now=False)
    if updates:
        await emit(tx, lifecycle.pool_updated(pool, updates, now))
    if status is not None:
        await emit(tx, lifecycle.pool_status(pool, status, values["last_status_event_id"], now, new=False))


async def make_ready(tx: Tx, name: str, now: datetime) -> None:
    """A worker polls the pool: it is ready, unless it is paused or was already."""
    pool = await pools.lock(tx, name)
    if pool is not None and pool["status"] == "NOT_READY":
        await _come_into(tx, pool, "READY", now, {})


async def make_unready(tx: Tx, name: str, now: datetime) -> bool:
    """Nobody polls the pool any more; whether that is news."""
    pool = await pools.lock(tx, name)
    if pool is None or pool["status"] != "READY" or await pools.has_worker(tx, pool["id"]):
        return False
    await _come_into(tx, pool, "NOT_READY", now, {})
    return True


async def remove(tx: Tx, name: str, now: datetime) -> None:
    """Delete a pool with its queues and workers. Raises Forbidden, NotFound."""
    if _reserved(name):
        raise Forbidden("Work pools starting with 'Prefect' are reserved for internal use and can not be deleted.")
    pool = await pools.lock(tx, name)
    if pool is None:
        raise unknown(name)
    gone = await queues.of_pool(tx, pool["id"])
    await pools.remove(tx, pool["id"])
    await emit(
        tx,
        *(lifecycle.queue_changed("deleted", queue, now) for queue in gone),
        lifecycle.pool_changed("deleted", pool, now),
    )


def unknown(name: str) -> NotFound:
    """The error where there is no such pool."""
    return NotFound(f'Work pool "{name}" not found.')


def updates_between(before: Mapping[str, Any], values: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """From what to what the fields changed that are announced, in the order in which they were given."""
    announced = set(fields)
    return {
        field: {"from": before[field], "to": value}
        for field, value in values.items()
        if field in announced and before[field] != value
    }


async def _status_after(tx: Tx, pool: Mapping[str, Any], body: WorkPoolUpdate) -> str | None:
    """The status that pausing or resuming leads to, even if it is the same; None where neither is asked."""
    if pool["type"] == pools.AGENTS or body.is_paused is None:
        return None
    if body.is_paused:
        return "PAUSED"
    return "READY" if await pools.has_worker(tx, pool["id"]) else "NOT_READY"


async def _come_into(
    tx: Tx, pool: Mapping[str, Any], status: str, now: datetime, values: dict[str, Any], *, emit_now: bool = True
) -> None:
    values |= {"status": status, "last_status_event_id": new_id(), "last_transitioned_status_at": now}
    await pools.change(tx, pool["id"], values)
    if emit_now:
        await emit(tx, lifecycle.pool_status(pool, status, values["last_status_event_id"], now, new=False))


async def check_defaults(ex: Executor, cipher: Cipher, template: dict[str, Any]) -> None:
    """Raises Invalid where a default isn't what the schema asks for, NotFound where it refers to a missing block."""
    whole = await job_templates.with_blocks(ex, cipher, template)
    mismatch = whole.mismatch(partial=True, trust_defaults=False)
    if mismatch is not None:
        raise Invalid(f"Validation failed for work pool's job variable defaults: {mismatch}")


def _reserved(name: str) -> bool:
    return name.lower().startswith("prefect")

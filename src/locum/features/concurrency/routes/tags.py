"""HTTP operations of the limits of tags, as older clients know them; each is the limit of the name `tag:...`."""

from typing import Any
from uuid import UUID

from locum.features.concurrency.accounting import Patience
from locum.features.concurrency.commands import holding, keeping
from locum.features.concurrency.schemas import (
    ConcurrencyLimit,
    ConcurrencyLimitCreate,
    MinimalConcurrencyLimitResponse,
    ResetBody,
    TagsOfRunBody,
)
from locum.features.concurrency.store import limits
from locum.filters.body import Offset
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation, Reply, reply_json

_TAG = "Concurrency Limits"
_KIND = "Concurrency limit"


async def create_concurrency_limit(tx: Tx, call: Call, body: ConcurrencyLimitCreate) -> Answer:
    """Limit a tag, or resize its limit."""
    limit, made = await keeping.limit_tag(tx, body.tag, body.concurrency_limit, call.now)
    return Reply(limit, 201 if made else 200)


async def read_concurrency_limit(db: Db, id: UUID) -> Answer:
    """Read the limit of a tag."""
    return keeping.found(await limits.get_of_tag(db, limit_id=id), _KIND)


async def read_concurrency_limit_by_tag(db: Db, tag: str) -> Answer:
    """Read the limit of a tag."""
    return keeping.found(await limits.get_of_tag(db, tag=tag), _KIND)


async def read_concurrency_limits(db: Db, call: Call, body: Offset) -> Answer:
    """List the limits of tags, by tag."""
    return await limits.page(db, body.limit_within(call.settings.api.default_limit), body.start, of_tags=True)


async def reset_concurrency_limit_by_tag(tx: Tx, tag: str, body: ResetBody) -> Answer:
    """Take a tag's slots from all who hold them."""
    await keeping.reset_tag(tx, tag, body.slot_override)
    return "null"


async def delete_concurrency_limit(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete a limit with the leases on it."""
    await keeping.remove_of_tag(tx, call.now, limit_id=id)
    return "null"


async def delete_concurrency_limit_by_tag(tx: Tx, call: Call, tag: str) -> Answer:
    """Delete the limit of a tag with the leases on it."""
    await keeping.remove_of_tag(tx, call.now, tag=tag)
    return "null"


async def increment_concurrency_limits_v1(db: Db, call: Call, body: TagsOfRunBody) -> Answer:
    """Let a task run hold a slot of the limit of each tag."""
    settings = call.settings
    patience = Patience(
        settings.tasks.tag_concurrency_slot_wait_seconds, settings.concurrency.maximum_concurrency_slot_wait_seconds
    )
    return reply_json(await holding.take_for_run(db, body.names, body.task_run_id, patience))


async def decrement_concurrency_limits_v1(db: Db, body: TagsOfRunBody) -> Answer:
    """Give back the slots that a task run holds."""
    return reply_json(await holding.give_back_for_run(db, body.names, body.task_run_id))


_LIMITS = "/concurrency_limits"
OPERATIONS = (
    Operation("POST", f"{_LIMITS}/", create_concurrency_limit, _TAG, returns=ConcurrencyLimit),
    Operation("GET", f"{_LIMITS}/{{id}}", read_concurrency_limit, _TAG, returns=ConcurrencyLimit),
    Operation("GET", f"{_LIMITS}/tag/{{tag}}", read_concurrency_limit_by_tag, _TAG, returns=ConcurrencyLimit),
    Operation("POST", f"{_LIMITS}/filter", read_concurrency_limits, _TAG, returns=list[ConcurrencyLimit]),
    Operation("POST", f"{_LIMITS}/tag/{{tag}}/reset", reset_concurrency_limit_by_tag, _TAG, returns=Any),
    Operation("DELETE", f"{_LIMITS}/{{id}}", delete_concurrency_limit, _TAG, returns=Any),
    Operation("DELETE", f"{_LIMITS}/tag/{{tag}}", delete_concurrency_limit_by_tag, _TAG, returns=Any),
    Operation(
        "POST",
        f"{_LIMITS}/increment",
        increment_concurrency_limits_v1,
        _TAG,
        returns=list[MinimalConcurrencyLimitResponse],
    ),
    Operation(
        "POST",
        f"{_LIMITS}/decrement",
        decrement_concurrency_limits_v1,
        _TAG,
        returns=list[MinimalConcurrencyLimitResponse],
    ),
)

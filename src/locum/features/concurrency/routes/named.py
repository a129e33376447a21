"""HTTP operations of concurrency limits, by id or name."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from locum.domain.ids import new_id
from locum.features.concurrency.accounting import Patience
from locum.features.concurrency.commands import holding, keeping
from locum.features.concurrency.commands.holding import Refused
from locum.features.concurrency.schemas import (
    ConcurrencyLimitV2,
    ConcurrencyLimitV2Create,
    ConcurrencyLimitV2Update,
    ConcurrencyLimitWithLeaseResponse,
    DecrementBody,
    DecrementWithLeaseBody,
    GlobalConcurrencyLimitResponse,
    IncrementBody,
    IncrementWithLeaseBody,
    MinimalConcurrencyLimitResponse,
    RenewBody,
)
from locum.features.concurrency.store import limits
from locum.features.concurrency.store.taking import Lease
from locum.filters.body import Offset
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation, Reply, reply_json

_TAG = "Concurrency Limits V2"


async def create_concurrency_limit_v2(tx: Tx, call: Call, body: ConcurrencyLimitV2Create) -> Answer:
    """Make a limit."""
    return await keeping.create(tx, body, call.now)


async def read_concurrency_limit_v2(db: Db, id_or_name: UUID | str) -> Answer:
    """Read a limit."""
    return keeping.found(await limits.get(db, **keeping.key_of(str(id_or_name))))


async def read_all_concurrency_limits_v2(db: Db, call: Call, body: Offset) -> Answer:
    """List limits by name."""
    return await limits.page(db, body.limit_within(call.settings.api.default_limit), body.start)


async def update_concurrency_limit_v2(
    tx: Tx, call: Call, id_or_name: UUID | str, body: ConcurrencyLimitV2Update
) -> Answer:
    """Change a limit."""
    await keeping.change(tx, str(id_or_name), body, call.now)


async def delete_concurrency_limit_v2(tx: Tx, call: Call, id_or_name: UUID | str) -> Answer:
    """Delete a limit."""
    await keeping.remove(tx, str(id_or_name), call.now)


async def bulk_increment_active_slots(db: Db, call: Call, body: IncrementBody) -> Answer:
    """Take slots of every limit of these names, or of none."""
    rate = body.mode == "rate_limit"
    outcome = await holding.take(db, body.names, body.slots, _patience(call), rate=rate)
    return _locked(outcome) if isinstance(outcome, Refused) else reply_json(_minimal(outcome.limits))


async def bulk_increment_active_slots_with_lease(db: Db, call: Call, body: IncrementWithLeaseBody) -> Answer:
    """Take slots of every limit of these names, or of none, under a lease."""
    holder = body.holder
    lease = Lease(
        new_id(),
        timedelta(seconds=body.lease_duration),
        holder.type if holder else None,
        holder.id if holder else None,
    )
    rate = body.mode == "rate_limit"
    outcome = await holding.take(db, body.names, body.slots, _patience(call), rate=rate, lease=lease)
    if isinstance(outcome, Refused):
        return _locked(outcome)
    lease_id = lease.id if outcome.limits else holding.void_lease()
    return reply_json({"lease_id": lease_id, "limits": _minimal(outcome.limits)})


async def bulk_decrement_active_slots(tx: Tx, body: DecrementBody) -> Answer:
    """Give back slots that are held without a lease."""
    return reply_json(await holding.give_back(tx, body.names, body.slots, body.occupancy_seconds))


async def bulk_decrement_active_slots_with_lease(db: Db, body: DecrementWithLeaseBody) -> Answer:
    """Give back what is held under a lease."""
    await holding.end(db, body.lease_id)


async def renew_concurrency_lease(db: Db, lease_id: UUID, body: RenewBody) -> Answer:
    """Let a lease last longer."""
    if not await holding.renew(db, lease_id, body.lease_duration):
        return Reply(b'{"detail":"Lease not found - it may have expired or been revoked"}', 410)
    return None


def _patience(call: Call) -> Patience:
    settings = call.settings
    return Patience(
        settings.tasks.tag_concurrency_slot_wait_seconds, settings.concurrency.maximum_concurrency_slot_wait_seconds
    )


def _minimal(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": limit["id"], "name": limit["name"], "limit": limit["limit"]} for limit in found]


def _locked(refused: Refused) -> Reply:
    """Not an error: the transaction that noted the refusal is kept. To the millisecond, since a rate may be high."""
    return Reply(b'{"detail":"Locked"}', 423, ((b"retry-after", f"{refused.wait:.3f}".encode()),))


_LIMITS = "/v2/concurrency_limits"
OPERATIONS = (
    Operation("POST", f"{_LIMITS}/", create_concurrency_limit_v2, _TAG, status=201, returns=ConcurrencyLimitV2),
    Operation(
        "GET", f"{_LIMITS}/{{id_or_name}}", read_concurrency_limit_v2, _TAG, returns=GlobalConcurrencyLimitResponse
    ),
    Operation(
        "POST",
        f"{_LIMITS}/filter",
        read_all_concurrency_limits_v2,
        _TAG,
        returns=list[GlobalConcurrencyLimitResponse],
    ),
    Operation("PATCH", f"{_LIMITS}/{{id_or_name}}", update_concurrency_limit_v2, _TAG, status=204),
    Operation("DELETE", f"{_LIMITS}/{{id_or_name}}", delete_concurrency_limit_v2, _TAG, status=204),
    Operation(
        "POST",
        f"{_LIMITS}/increment",
        bulk_increment_active_slots,
        _TAG,
        returns=list[MinimalConcurrencyLimitResponse],
    ),
    Operation(
        "POST",
        f"{_LIMITS}/increment-with-lease",
        bulk_increment_active_slots_with_lease,
        _TAG,
        returns=ConcurrencyLimitWithLeaseResponse,
    ),
    Operation(
        "POST",
        f"{_LIMITS}/decrement",
        bulk_decrement_active_slots,
        _TAG,
        returns=list[MinimalConcurrencyLimitResponse],
    ),
    Operation("POST", f"{_LIMITS}/decrement-with-lease", bulk_decrement_active_slots_with_lease, _TAG, status=204),
    Operation("POST", f"{_LIMITS}/leases/{{lease_id}}/renew", renew_concurrency_lease, _TAG, status=204),
)

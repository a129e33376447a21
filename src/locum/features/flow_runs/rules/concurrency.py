"""Rules about the slot that a run holds of its deployment's concurrency limit, from PENDING on.

A slot is held under a lease, whose id goes from state to state. Whoever runs the flow renews it; if nobody does, the
slot is free again.
"""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from locum.domain.ids import new_id
from locum.domain.orchestration import (
    Aftermath,
    DeploymentSlots,
    FlowRunFacts,
    Need,
    Rule,
    Settled,
    Transition,
    Verdict,
)
from locum.domain.orchestration.effects import EndLease, RenewLease, TakeSlots
from locum.domain.orchestration.rules import ANY, StateTypes, abort, reject
from locum.domain.states import State, StateType, named

_HOLDING = frozenset({StateType.PENDING, StateType.RUNNING, StateType.CANCELLING})
_AWAITING_RETRY = "AwaitingRetry"
"""The name of the one state outside of these in which a run may hold its slot."""
_TAKE_SLOTS_THEMSELVES = frozenset({"3.0.0rc20", "3.0.0", "3.0.1", "3.0.2", "3.0.3"})
_RENEWS = (3, 4, 11)
"""The first version of the client that renews leases."""
_FULL = "Deployment concurrency limit reached."


class CarryLease(Rule[FlowRunFacts]):
    """A state takes over the lease of the one before, since clients send none."""

    ALWAYS: ClassVar[bool] = True

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Copy the lease where the proposed state has none."""
        lease = _lease_of(asked.initial)
        if lease is None or asked.proposed.state_details.deployment_concurrency_lease_id is not None:
            return None
        return Verdict(state=asked.proposed.detailed(deployment_concurrency_lease_id=lease))


class TakeSlot(Rule[FlowRunFacts]):
    """A run is submitted once there is a slot for it, before anything is spent on its infrastructure."""

    FROM: ClassVar[StateTypes] = ANY - _HOLDING
    TO: ClassVar[StateTypes] = frozenset({StateType.PENDING})
    NEEDS: ClassVar[frozenset[Need]] = frozenset({Need.SLOTS})

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Name a lease where there is room, else wait for a slot, or cancel the run where the deployment wants that."""
        run = asked.run
        if not run.deployment_id or asked.client_version in _TAKE_SLOTS_THEMSELVES:
            return None
        if not run.deployment_exists:
            return abort("Deployment not found.")
        if run.slots is None or not run.slots.limit.active:
            return None
        if run.slots.limit.size == 0:
            return abort("The deployment concurrency limit is 0. The flow will deadlock if submitted again.")
        if run.slots.limit.held:
            return Verdict(state=asked.proposed.detailed(deployment_concurrency_lease_id=_lease_of(asked.initial)))
        if run.slots.limit.has_room:
            return Verdict(state=asked.proposed.detailed(deployment_concurrency_lease_id=new_id()))
        if run.slots.cancels_new:
            return reject(_FULL, named.cancelled(asked.now, _FULL))
        return reject(_FULL, named.awaiting_concurrency_slot(asked.now, asked.now + asked.terms.slot_wait))

    def after(self, settled: Settled[FlowRunFacts]) -> Aftermath[FlowRunFacts] | None:
        """Take the slot, or keep the one that the run has held since before its retry."""
        lease, slots = _lease_of(settled.asked.initial), settled.asked.run.slots
        if settled.asked.client_version in _TAKE_SLOTS_THEMSELVES:
            return None
        if lease is not None and slots is not None and slots.limit.held:
            return Aftermath(effects=(RenewLease(lease, _lasts(slots, settled.asked)),))
        return _taken(settled)


class KeepSlot(Rule[FlowRunFacts]):
    """A run that begins still has its slot; if its lease ran out meanwhile, it needs another."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.PENDING})
    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING})
    NEEDS: ClassVar[frozenset[Need]] = frozenset({Need.SLOTS})

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Renew the lease or name another; cancel the run where others have taken all slots."""
        if asked.initial is None:
            return None
        lease, slots = asked.initial.state_details.deployment_concurrency_lease_id, asked.run.slots
        if lease == asked.proposed.state_details.deployment_concurrency_lease_id and slots is None:
            return None
        kept = asked.proposed.detailed(deployment_concurrency_lease_id=lease)
        if lease is None or slots is None or not asked.runs(*_RENEWS):
            return Verdict(state=kept)
        if slots.limit.held:
            return Verdict(state=kept, effects=(RenewLease(lease, _lasts(slots, asked)),))
        if not slots.limit.active:
            return Verdict(state=kept)
        if slots.limit.has_room:
            return Verdict(state=kept.detailed(deployment_concurrency_lease_id=new_id()))
        lost = "Deployment concurrency slot lost during provisioning - no slots available to continue execution"
        return reject("Deployment concurrency limit reached after lease expiry.", named.cancelled(asked.now, lost))

    def after(self, settled: Settled[FlowRunFacts]) -> Aftermath[FlowRunFacts] | None:
        """Take the slot that replaces the one that was lost."""
        slots = settled.asked.run.slots
        lost = slots is not None and not slots.limit.held and settled.asked.runs(*_RENEWS)
        if not lost or _lease_of(settled.asked.initial) is None:
            return None
        return _taken(settled)


class KeepSlotOfOldClient(Rule[FlowRunFacts]):
    """A client that cannot renew leases holds its slot until the run ends, whatever becomes of the client."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.PENDING})
    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING, StateType.CANCELLING})
    NEEDS: ClassVar[frozenset[Need]] = frozenset({Need.SLOTS})

    def after(self, settled: Settled[FlowRunFacts]) -> Aftermath[FlowRunFacts] | None:
        """Let the lease last for good."""
        lease, slots = _lease_of(settled.asked.initial), settled.asked.run.slots
        if lease is None or slots is None or not slots.limit.held or settled.asked.runs(*_RENEWS):
            return None
        return Aftermath(effects=(RenewLease(lease, None),))


class GiveBackSlot(Rule[FlowRunFacts]):
    """A run that is no longer about to run, running or being cancelled has no slot."""

    ALWAYS: ClassVar[bool] = True

    def after(self, settled: Settled[FlowRunFacts]) -> Aftermath[FlowRunFacts] | None:
        """End the lease; not where the run is retried by its process, which holds it meanwhile."""
        initial, written = settled.asked.initial, settled.written
        if initial is None or written is None or written.type in _HOLDING:
            return None
        if initial.type not in _HOLDING and initial.name != _AWAITING_RETRY:
            return None
        if settled.rejected and written.name == _AWAITING_RETRY:
            return None
        lease = _lease_of(initial)
        return Aftermath(effects=(EndLease(lease),)) if lease else None


class CancelLateRuns(Rule[FlowRunFacts]):
    """Where new runs of a full deployment are cancelled, so are those that become late."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.SCHEDULED})
    TO: ClassVar[StateTypes] = frozenset({StateType.SCHEDULED})
    NEEDS: ClassVar[frozenset[Need]] = frozenset({Need.SLOTS})

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Put Cancelled in the place of Late."""
        slots = asked.run.slots
        if asked.proposed.name != "Late" or slots is None or not slots.cancels_new:
            return None
        if slots.limit.has_room or not slots.limit.active:
            return None
        reason = "Deployment concurrency limit is full and uses the CANCEL_NEW strategy."
        return reject(reason, named.cancelled(asked.now, _FULL))


def _lease_of(state: State | None) -> UUID | None:
    return state.state_details.deployment_concurrency_lease_id if state else None


def _taken(settled: Settled[FlowRunFacts]) -> Aftermath[FlowRunFacts] | None:
    """The slot is taken under the lease that the written state names."""
    slots, lease = settled.asked.run.slots, _lease_of(settled.written)
    if slots is None or lease is None or not slots.limit.active:
        return None
    return Aftermath(effects=(TakeSlots((slots.limit,), lease, _lasts(slots, settled.asked)),))


def _lasts(slots: DeploymentSlots, asked: Transition[FlowRunFacts]) -> timedelta:
    return slots.grace or asked.terms.lease

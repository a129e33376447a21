"""Rules about the slot that a run holds of its deployment's concurrency limit.

To come, with their places in `policy.py`: take a slot on the way to PENDING, renew its lease on the way to RUNNING,
give the lease up for clients that cannot renew it, give the slot back on leaving PENDING, RUNNING or CANCELLING, and
cancel late runs of a full deployment that cancels new ones. Each needs the deployment and its limit among the facts.
"""

from typing import ClassVar

from locum.domain.orchestration import FlowRunFacts, Rule, Transition, Verdict


class CarryLease(Rule[FlowRunFacts]):
    """A state takes over the lease of the one before, since clients send none."""

    ALWAYS: ClassVar[bool] = True

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Copy the lease where the proposed state has none."""
        lease = asked.initial.state_details.deployment_concurrency_lease_id if asked.initial else None
        if lease is None or asked.proposed.state_details.deployment_concurrency_lease_id is not None:
            return None
        return Verdict(state=asked.proposed.detailed(deployment_concurrency_lease_id=lease))

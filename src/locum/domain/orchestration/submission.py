"""The rule that keeps two submitters from submitting one run."""

from typing import ClassVar

from locum.domain.orchestration.rules import R, Rule, StateTypes, Transition, Verdict, abort
from locum.domain.states import StateType


class RefuseSecondSubmission(Rule[R]):
    """A run that somebody has submitted, or that was cancelled, does not become pending again.

    A pending run may go on through pending states with names of their own (Submitting, InfrastructurePending), but
    never back to plain Pending: that is what a second submitter would propose.
    """

    FROM: ClassVar[StateTypes] = frozenset(
        {StateType.PENDING, StateType.CANCELLING, StateType.RUNNING, StateType.CANCELLED}
    )
    TO: ClassVar[StateTypes] = frozenset({StateType.PENDING})

    def before(self, asked: Transition[R]) -> Verdict[R] | None:
        """Refuse, except for progress within pending."""
        initial, proposed = asked.initial, asked.proposed
        if initial is None:
            return None
        if initial.type is StateType.PENDING and proposed.name not in {initial.name, "Pending"}:
            known = initial.state_details
            return Verdict(
                state=proposed.detailed(
                    scheduled_time=known.scheduled_time,
                    deployment_concurrency_lease_id=known.deployment_concurrency_lease_id,
                )
            )
        return abort(f"This run is in a {initial.type} state and cannot transition to a PENDING state.")

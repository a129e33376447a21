"""Rules about trying again."""

from datetime import timedelta
from typing import ClassVar

from locum.domain.orchestration import FlowRunFacts, Rule, Transition, Verdict
from locum.domain.orchestration.answers import StateRejectDetails
from locum.domain.orchestration.effects import RetryFailedTaskRuns
from locum.domain.orchestration.rules import StateTypes
from locum.domain.states import StateType, named


class RetryFailedRuns(Rule[FlowRunFacts]):
    """A failed run with retries left is to be tried again."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.RUNNING})
    TO: ClassVar[StateTypes] = frozenset({StateType.FAILED})

    def before(self, asked: Transition[FlowRunFacts]) -> Verdict[FlowRunFacts] | None:
        """Put AwaitingRetry in the place of Failed; the process goes on, and holds its slot meanwhile."""
        initial, proposed, run = asked.initial, asked.proposed, asked.run
        if initial is None:
            return None
        policy = run.empirical_policy
        if policy.retries is None or run.run_count > policy.retries:
            return Verdict(run=run.with_policy(retry_type=None))
        due = asked.now + timedelta(seconds=policy.retry_delay or 0)
        again = named.awaiting_retry(asked.now, due, proposed.message, proposed.data).detailed(
            deployment_concurrency_lease_id=initial.state_details.deployment_concurrency_lease_id
        )
        if asked.speaks(0, 8, 4):
            run = run.with_policy(resuming=False, pause_keys=set[str](), retry_type="in_process")
        return Verdict(
            details=StateRejectDetails(reason="Retrying"),
            state=again,
            run=run,
            effects=() if asked.speaks(0, 8, 3) else (RetryFailedTaskRuns(due),),
        )

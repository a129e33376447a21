"""Which rules govern a task run's transition, and in what order: the table of contents of `rules/`."""

from locum.domain.orchestration import Policy, Rule, TaskRunFacts
from locum.domain.orchestration.bookkeeping import book_task_run, stamp_task_run_state
from locum.domain.orchestration.scheduling import CopyScheduledTime, WaitForScheduledTime
from locum.domain.orchestration.submission import RefuseSecondSubmission
from locum.domain.states import State
from locum.features.task_runs.rules.caching import RememberResults, UseRememberedResult
from locum.features.task_runs.rules.concurrency import GiveBackTagSlots, TakeTagSlots
from locum.features.task_runs.rules.deferred import CarryParameters, EnqueueScheduledRuns
from locum.features.task_runs.rules.guards import LeaveTerminalStates, RunOnlyInRunningFlow
from locum.features.task_runs.rules.retries import CountFlowRunAttempts, NameReruns, RetryFailedRuns


def _policy(*rules: Rule[TaskRunFacts]) -> Policy[TaskRunFacts]:
    return Policy(rules=rules, stamp=stamp_task_run_state, book=book_task_run)


CORE = _policy(
    UseRememberedResult(),
    LeaveTerminalStates(),
    RunOnlyInRunningFlow(),
    TakeTagSlots(),
    CopyScheduledTime(),
    WaitForScheduledTime(),
    RetryFailedRuns(),
    NameReruns(),
    CountFlowRunAttempts(),
    RememberResults(),
    GiveBackTagSlots(),
)
"""What a client's proposal goes through."""

BACKGROUND = _policy(
    RefuseSecondSubmission(),
    UseRememberedResult(),
    LeaveTerminalStates(),
    CopyScheduledTime(),
    CarryParameters(),
    WaitForScheduledTime(),
    RetryFailedRuns(),
    NameReruns(),
    CountFlowRunAttempts(),
    RememberResults(),
    GiveBackTagSlots(),
    EnqueueScheduledRuns(),
)
"""What the proposal of a deferred state goes through, forced or not."""

FORCED = _policy(
    GiveBackTagSlots(),
)
"""What a proposal goes through that is made with force."""


def choose(proposed: State, *, force: bool) -> Policy[TaskRunFacts]:
    """The policy for this proposal."""
    if proposed.state_details.deferred:
        return BACKGROUND
    return FORCED if force else CORE

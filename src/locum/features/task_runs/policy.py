"""Which rules govern a task run's transition, and in what order: the table of contents of `rules/`."""

from locum.domain.orchestration import Policy, Rule, TaskRunFacts
from locum.domain.orchestration.bookkeeping import book_task_run, stamp_task_run_state
from locum.domain.orchestration.scheduling import CopyScheduledTime, WaitForScheduledTime
from locum.domain.orchestration.submission import RefuseSecondSubmission
from locum.domain.states import State
from locum.features.task_runs.rules.caching import RememberResults, UseRememberedResult
from locum.features.task_runs.rules.deferred import CarryParameters, EnqueueScheduledRuns
from locum.features.task_runs.rules.guards import LeaveTerminalStates, RunOnlyInRunningFlow
from locum.features.task_runs.rules.retries import CountFlowRunAttempts, NameReruns, RetryFailedRuns


def _policy(*rules: Rule[TaskRunFacts]) -> Policy[TaskRunFacts]:
    return Policy(rules=rules, stamp=stamp_task_run_state, book=book_task_run)


CORE = _policy(
    UseRememberedResult(),
    LeaveTerminalStates(),
    RunOnlyInRunningFlow(),
    # concurrency: take a slot of every limited tag, after a remembered result was of no use
    CopyScheduledTime(),
    WaitForScheduledTime(),
    RetryFailedRuns(),
    NameReruns(),
    CountFlowRunAttempts(),
    RememberResults(),
    # concurrency: give the slots back
)
"""What a client's proposal goes through."""

CLIENT_SIDE = _policy(
    UseRememberedResult(),
    LeaveTerminalStates(),
    RunOnlyInRunningFlow(),
    CopyScheduledTime(),
    WaitForScheduledTime(),
    RetryFailedRuns(),
    NameReruns(),
    CountFlowRunAttempts(),
    RememberResults(),
    # concurrency: give the slots back
)
"""What is left of it where the client takes the slots itself."""

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
    # concurrency: give the slots back
    EnqueueScheduledRuns(),
)
"""What the proposal of a deferred state goes through, forced or not."""

FORCED = _policy(
    # concurrency: give the slots back
)
"""What a proposal goes through that is made with force: bookkeeping alone."""


def choose(proposed: State, *, force: bool) -> Policy[TaskRunFacts]:
    """The policy for this proposal."""
    if proposed.state_details.deferred:
        return BACKGROUND
    return FORCED if force else CORE

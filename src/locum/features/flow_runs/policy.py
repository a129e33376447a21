"""Which rules govern a flow run's transition, and in what order: the table of contents of `rules/`."""

from locum.domain.orchestration import FlowRunFacts, Policy, Rule
from locum.domain.orchestration.bookkeeping import book_flow_run, stamp_flow_run_state
from locum.domain.orchestration.scheduling import CopyScheduledTime, WaitForScheduledTime
from locum.domain.orchestration.submission import RefuseSecondSubmission
from locum.features.flow_runs.rules.cancelling import CancelAtOnceWithoutInfrastructure, CancellingEndsInCancelled
from locum.features.flow_runs.rules.concurrency import (
    CancelLateRuns,
    CarryLease,
    GiveBackSlot,
    KeepSlot,
    KeepSlotOfOldClient,
    TakeSlot,
)
from locum.features.flow_runs.rules.guards import (
    KeepPersistedResult,
    LeaveTerminalStates,
    OnlyScheduledRunsAreLate,
    RefuseRepeats,
)
from locum.features.flow_runs.rules.pausing import ComeBackFromPause, GoIntoPause
from locum.features.flow_runs.rules.retries import RetryFailedRuns
from locum.features.flow_runs.rules.subflows import MirrorToParentTask


def _policy(*rules: Rule[FlowRunFacts]) -> Policy[FlowRunFacts]:
    return Policy(rules=rules, stamp=stamp_flow_run_state, book=book_flow_run)


CORE = _policy(
    CarryLease(),
    RefuseRepeats(),
    LeaveTerminalStates(),
    CancellingEndsInCancelled(),
    CancelAtOnceWithoutInfrastructure(),
    RefuseSecondSubmission(),
    KeepSlot(),
    TakeSlot(),
    KeepSlotOfOldClient(),
    OnlyScheduledRunsAreLate(),
    GoIntoPause(),
    ComeBackFromPause(),
    CopyScheduledTime(),
    WaitForScheduledTime(),
    RetryFailedRuns(),
    GiveBackSlot(),
    MirrorToParentTask(),
)
"""What a client's proposal goes through."""

FORCED = _policy(
    CarryLease(),
    KeepPersistedResult(),
    CancelAtOnceWithoutInfrastructure(),
    GiveBackSlot(),
    MirrorToParentTask(),
)
"""What a proposal goes through that is made with force, and the first state of a new run."""

MARK_LATE = _policy(
    OnlyScheduledRunsAreLate(),
    CancelLateRuns(),
    MirrorToParentTask(),
)
"""What the loop's proposal goes through that a run be late."""


def choose(*, force: bool) -> Policy[FlowRunFacts]:
    """The policy for a proposal that came over the API."""
    return FORCED if force else CORE

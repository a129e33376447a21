"""What is to be written besides the state and the run; each is one small value that a command carries out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from locum.domain.orchestration.facts import SlotLimit
from locum.domain.states import State


@dataclass(frozen=True, slots=True)
class MirrorToParent:
    """Put the task run that stands for this subflow into the same state, by force."""

    task_run_id: UUID
    state: State


@dataclass(frozen=True, slots=True)
class ForgetInputs:
    """Delete the inputs sent to this flow run under these keys: they answered an earlier attempt."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RetryFailedTaskRuns:
    """Put the failed task runs into AwaitingRetry and count their runs from 0 (for clients before API 0.8.3)."""

    due: datetime


@dataclass(frozen=True, slots=True)
class RememberResult:
    """Keep this state to be found again under its cache key."""

    cache_key: str
    cache_expiration: datetime | None
    task_run_state_id: UUID


@dataclass(frozen=True, slots=True)
class EnqueueTaskRun:
    """Offer a deferred task run to whoever serves its task."""

    retry: bool


@dataclass(frozen=True, slots=True)
class TakeSlots:
    """Hold a slot of each of these limits under a new lease, which lasts so long (None: until it is given up)."""

    limits: tuple[SlotLimit, ...]
    lease_id: UUID
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RenewLease:
    """Let the lease last so long from now, or until it is given up."""

    lease_id: UUID
    lasts: timedelta | None


@dataclass(frozen=True, slots=True)
class EndLease:
    """Give back what is held under the lease."""

    lease_id: UUID


@dataclass(frozen=True, slots=True)
class GiveBackTags:
    """Give back what the task run holds of the limits of these tags."""

    tags: tuple[str, ...]


Effect = (
    MirrorToParent
    | ForgetInputs
    | RetryFailedTaskRuns
    | RememberResult
    | EnqueueTaskRun
    | TakeSlots
    | RenewLease
    | EndLease
    | GiveBackTags
)

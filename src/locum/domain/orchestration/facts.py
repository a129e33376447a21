"""What rules may know of a run; loaded before, in one statement, by the store of the run's feature."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from locum.domain.orchestration.run_policies import FlowRunPolicy, TaskRunPolicy
from locum.domain.states import State, StateDetails, StateType


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What flow runs and task runs have in common: mostly what the bookkeeping keeps."""

    id: UUID
    run_count: int = 0
    total_run_time: float = 0.0
    start_time: datetime | None = None
    end_time: datetime | None = None
    expected_start_time: datetime | None = None
    next_scheduled_start_time: datetime | None = None


class Need(StrEnum):
    """Facts that are loaded only for transitions about which a rule asks for them."""

    SLOTS = "slots"
    CACHE = "cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLimit:
    """A concurrency limit at the moment of reading; of a `turn` since which nobody has taken a slot of it."""

    id: UUID
    name: str
    size: int
    turn: int
    active: bool = True
    has_room: bool = True
    held: bool = False
    """Whether this run holds a slot of it already, or whatever its lease is on."""
    wait: float = 0.0
    """Seconds that whoever wants a slot is to wait, where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSlots:
    """The limit that the runs of a deployment share, and how it is applied."""

    limit: SlotLimit
    cancels_new: bool = False
    grace: timedelta | None = None
    """How long a run holds its slot before it renews its lease; None: as the settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the settings say that rules go by."""

    lease: timedelta = timedelta(minutes=5)
    """How long a run of a deployment holds its slot before it renews its lease."""
    slot_wait: timedelta = timedelta(seconds=30)
    """How long a run waits before it asks for a slot of its deployment again."""
    tag_wait: float = 10.0
    """How many seconds a task run waits at most before it asks for slots of its tags again."""
    cache_key_length: int = 2000
    """How long a cache key may be."""


DEFAULT_TERMS = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRunFacts(RunFacts):
    """What rules may know of a flow run."""

    deployment_id: UUID | None = None
    deployment_exists: bool = True
    slots: DeploymentSlots | None = None
    """The deployment's concurrency limit, if it has one and a rule needs it."""
    parent_task_run_id: UUID | None = None
    infrastructure_pid: str | None = None
    empirical_policy: FlowRunPolicy = field(default_factory=FlowRunPolicy)

    def with_policy(self, **changes: Any) -> Self:
        """The same run with other values in its policy."""
        return replace(self, empirical_policy=self.empirical_policy.model_copy(update=changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class EnclosingFlowRun:
    """What rules of a task run may know of the flow run around it."""

    id: UUID
    run_count: int = 0
    state_type: StateType | None = None
    state_details: StateDetails = field(default_factory=StateDetails)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunFacts(RunFacts):
    """What rules may know of a task run."""

    flow_run_id: UUID | None = None
    flow_run_run_count: int = 0
    empirical_policy: TaskRunPolicy = field(default_factory=TaskRunPolicy)
    flow_run: EnclosingFlowRun | None = None
    tags: tuple[str, ...] = ()
    tag_limits: tuple[SlotLimit, ...] = ()
    """The limits of its tags, if a rule needs them."""
    cached: State | None = None
    """The state remembered under the proposed state's cache key, if a rule needs it and there is one."""

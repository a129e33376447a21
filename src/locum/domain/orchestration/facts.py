"""What rules may know of a run; loaded before, in one statement, by the store of the run's feature."""

from dataclasses import dataclass, field, replace
from datetime import datetime
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRunFacts(RunFacts):
    """What rules may know of a flow run."""

    deployment_id: UUID | None = None
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
    cached: State | None = None
    """The state remembered under the proposed state's cache key, if one was given and has not expired."""
    max_cache_key_length: int = 2000

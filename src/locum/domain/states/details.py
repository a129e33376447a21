"""What orchestration remembers about one state."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from locum.domain.moments import Moment


class StateDetails(BaseModel):
    """What orchestration remembers about one state; fields it does not know are dropped."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
    child_flow_run_id: UUID | None = Field(
        default=None, description="The subflow's run, on the task run that stands for it"
    )
    scheduled_time: Moment | None = None
    cache_key: str | None = None
    cache_expiration: Moment | None = None
    deferred: bool | None = False
    untrackable_result: bool = False
    pause_timeout: Moment | None = None
    pause_reschedule: bool = False
    pause_key: str | None = None
    run_input_keyset: dict[str, str] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: UUID | None = Field(
        default=None, description="Names one attempt to change state, so that it can be repeated"
    )
    task_parameters_id: UUID | None = None
    traceparent: str | None = Field(default=None, description="The trace and span in which the state was made")
    deployment_concurrency_lease_id: UUID | None = Field(
        default=None, description="The lease that holds the run's slot of its deployment's concurrency limit"
    )

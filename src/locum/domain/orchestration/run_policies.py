"""How a run retries and what it remembers of its pauses: the `empirical_policy` of a run."""

from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


def _adopt_old_names(values: Any) -> Any:
    """Clients before 2.0's end said `max_retries` and `retry_delay_seconds`; their values still count."""
    if not isinstance(values, dict):
        return values
    given = dict(cast("dict[str, Any]", values))
    for new, old in (("retries", "max_retries"), ("retry_delay", "retry_delay_seconds")):
        if not given.get(new) and given.get(old, 0) != 0:
            given[new] = given[old]
    return given


class _RunPolicy(BaseModel):
    """What both kinds of policy share."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    max_retries: int = Field(default=0, description="No longer read; see `retries`", deprecated=True)
    retry_delay_seconds: float = Field(default=0, description="No longer read; see `retry_delay`", deprecated=True)
    retries: int | None = Field(default=None, description="How often a failed run is tried again")

    @model_validator(mode="before")
    @classmethod
    def _old_names(cls, values: Any) -> Any:
        return _adopt_old_names(values)


class FlowRunPolicy(_RunPolicy):
    """How a flow run retries, and what it remembers of its pauses."""

    retry_delay: int | None = Field(default=None, description="Seconds between two attempts")
    pause_keys: set[str] | None = Field(default_factory=set[str], description="Pauses that have fired in this attempt")
    resuming: bool | None = Field(default=False, description="Whether the run is coming back from a pause")
    retry_type: Literal["in_process", "reschedule"] | None = Field(
        default=None, description="Whether the attempt goes on in the same process or in a new one"
    )


RetryDelay = int | float | list[int] | list[float] | None


class TaskRunPolicy(_RunPolicy):
    """How a task run retries."""

    retry_delay: RetryDelay = Field(
        default=None, description="Seconds between two attempts, or a list with those before each"
    )
    retry_jitter_factor: float | None = Field(default=None, description="How far a delay may stray from what was asked")

    @field_validator("retry_delay")
    @classmethod
    def _few_enough(cls, value: RetryDelay) -> RetryDelay:
        if isinstance(value, list) and len(value) > 50:
            raise ValueError("Can not configure more than 50 retry delays per task.")
        return value

    @field_validator("retry_jitter_factor")
    @classmethod
    def _not_negative(cls, value: float | None) -> float | None:
        if value is not None and value < 0:
            raise ValueError("`retry_jitter_factor` must be >= 0.")
        return value

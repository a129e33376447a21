"""A state as it is kept and sent, and a state as a client proposes it."""

from datetime import datetime
from typing import Any, Self, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json, to_json

from locum.domain import clock
from locum.domain.ids import new_id
from locum.domain.moments import Moment
from locum.domain.states.details import StateDetails
from locum.domain.states.types import TERMINAL, StateType

Json = dict[str, Any]


def has_persisted_result(data: Any) -> bool:
    """Whether a state's data looks like that of a result that was kept somewhere; like the peer's, `{}` does."""
    return isinstance(data, dict) and not _unpersisted(data)


def storable(data: Any) -> Any | None:
    """What of a state's data is kept: everything but the mark of a result that was not."""
    return None if _unpersisted(data) else data


def _unpersisted(data: Any) -> bool:
    return isinstance(data, dict) and cast("Json", data).get("type") == "unpersisted"


class State(BaseModel):
    """The state of a run at one time; never changed, only replaced."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    type: StateType
    name: str | None = None
    timestamp: Moment = Field(default_factory=clock.now)
    message: str | None = Field(default=None, examples=["Run started"])
    data: Any | None = Field(
        default=None, description="What goes with the state, such as where its result is; any JSON"
    )
    state_details: StateDetails = Field(default_factory=StateDetails)

    @classmethod
    def stored(
        cls,
        *,
        id: UUID,
        type: str,
        name: str | None,
        timestamp: datetime,
        message: str | None,
        details: str | None,
        data: str | None,
    ) -> Self:
        """A state as its row holds it: details and data are JSON text."""
        return cls(
            id=id,
            type=StateType(type),
            name=name,
            timestamp=timestamp,
            message=message,
            data=None if data is None else from_json(data),
            state_details=StateDetails.model_validate_json(details) if details else StateDetails(),
        )

    def details_json(self) -> str:
        """The details as JSON text, as its row holds them."""
        return self.state_details.model_dump_json()

    def data_json(self) -> str | None:
        """The part of the data that is kept, as JSON text; PostgreSQL knows no NaN."""
        kept = storable(self.data)
        return None if kept is None else to_json(kept, inf_nan_mode="null").decode()

    @property
    def kept_data(self) -> Any | None:
        """The part of the data that is kept."""
        return storable(self.data)

    @property
    def final(self) -> bool:
        """Whether this state ends the run."""
        return self.type in TERMINAL

    def but(self, **changes: Any) -> Self:
        """The same state with other values of its own fields."""
        return self.model_copy(update=changes)

    def detailed(self, **changes: Any) -> Self:
        """The same state with other values in its details."""
        return self.model_copy(update={"state_details": self.state_details.model_copy(update=changes)})


class StateCreate(BaseModel):
    """A state as a client proposes it."""

    model_config = ConfigDict(extra="forbid")

    type: StateType = Field(description="What the run is to do")
    name: str | None = Field(default=None, description="What to call it; the type, capitalised, unless given")
    message: str | None = Field(default=None, description="A word to the reader")
    data: Any | None = Field(default=None, description="What goes with the state; any JSON")
    state_details: StateDetails = Field(default_factory=StateDetails, description="What orchestration is to remember")

    def to_state(self, now: datetime, id: UUID | None = None) -> State:
        """The state proposed, made at `now`; a scheduled state without a time is due at once."""
        details = self.state_details
        if self.type is StateType.SCHEDULED and details.scheduled_time is None:
            details = details.model_copy(update={"scheduled_time": now})
        return State(
            id=id or new_id(),
            type=self.type,
            name=self.type.capitalize() if self.name is None else self.name,
            timestamp=now,
            message=self.message,
            data=self.data,
            state_details=details,
        )

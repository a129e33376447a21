"""What a client is told about the transition that it asked for."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from locum.domain.states import State

_TYPE = "Tells the four kinds of details apart"


class SetStateStatus(StrEnum):
    """What became of a proposed state."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    ABORT = "ABORT"
    WAIT = "WAIT"


class StateAcceptDetails(BaseModel):
    """The state proposed was taken."""

    type: Literal["accept_details"] = Field(default="accept_details", description=_TYPE)


class StateRejectDetails(BaseModel):
    """Another state was taken, or the run stays where it is."""

    type: Literal["reject_details"] = Field(default="reject_details", description=_TYPE)
    reason: str | None = Field(default=None, description="Why")


class StateAbortDetails(BaseModel):
    """The run stays where it is, and the client is to stop."""

    type: Literal["abort_details"] = Field(default="abort_details", description=_TYPE)
    reason: str | None = Field(default=None, description="Why")


class StateWaitDetails(BaseModel):
    """The run stays where it is, and the client is to ask again later."""

    type: Literal["wait_details"] = Field(default="wait_details", description=_TYPE)
    delay_seconds: int = Field(description="How many seconds to wait before asking again")
    reason: str | None = Field(default=None, description="Why")


StateResponseDetails = StateAcceptDetails | StateWaitDetails | StateRejectDetails | StateAbortDetails


class OrchestrationResult(BaseModel):
    """The answer to a proposed state: the state that the run is in now, and how that came about."""

    state: State | None
    status: SetStateStatus
    details: StateResponseDetails

"""Wire models of observed states."""

from enum import StrEnum

from pydantic import BaseModel, Field

from locum.domain.moments import Moment


class ObservedStateSort(StrEnum):
    """How observed states may be sorted."""

    NAME_ASC = "NAME_ASC"
    LAST_SEEN_DESC = "LAST_SEEN_DESC"


class ObservedState(BaseModel):
    """A type and name of states, and when runs were in one."""

    state_type: str = Field(description="Type of the states")
    state_name: str = Field(description="Name of the states")
    first_seen: Moment = Field(description="When a run was first in one, as far as is known")
    last_seen: Moment = Field(description="When a run was last in one, as far as is known")

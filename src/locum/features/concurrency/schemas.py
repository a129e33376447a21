"""Wire models of concurrency limits."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from locum.domain.moments import Moment
from locum.domain.names import Name
from locum.filters.body import NullUnsaid
from locum.infra.web.arguments import Embedded

WholeNumber = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(ge=0)]
Mode = Literal["concurrency", "rate_limit"]
Seconds = Annotated[float, Field(ge=60, le=86400, description="How long the lease lasts, in seconds")]

_LIMIT = "How many slots there are"
_ACTIVE = "Whether the limit holds anybody back"
_TAKEN = "How many slots are in use"
_DENIED = "How many slots are waited for"
_DECAY = "How many slots become free per second, where the limit is a rate"


class ConcurrencyLimitV2Create(BaseModel):
    """What is needed to make a limit."""

    model_config = ConfigDict(extra="forbid")

    active: bool = Field(default=True, description=_ACTIVE)
    name: Name = Field(description="Name of the limit, unique")
    limit: WholeNumber = Field(description=_LIMIT)
    active_slots: WholeNumber = Field(default=0, description=_TAKEN)
    denied_slots: WholeNumber = Field(default=0, description=_DENIED)
    slot_decay_per_second: Rate = Field(default=0, description=_DECAY)


class ConcurrencyLimitV2Update(BaseModel):
    """What may be changed of a limit."""

    model_config = ConfigDict(extra="forbid")

    active: bool | None = None
    name: Name | None = None
    limit: WholeNumber | None = None
    active_slots: WholeNumber | None = None
    denied_slots: WholeNumber | None = None
    slot_decay_per_second: Rate | None = None


class ConcurrencyLimitV2(BaseModel):
    """A limit as it is answered when it is made."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    active: bool = Field(default=True, description=_ACTIVE)
    name: Name = Field(description="Name of the limit, unique")
    limit: int = Field(description=_LIMIT)
    active_slots: int = Field(default=0, description=_TAKEN)
    denied_slots: int = Field(default=0, description=_DENIED)
    slot_decay_per_second: float = Field(default=0, description=_DECAY)
    avg_slot_occupancy_seconds: float = Field(default=2.0, description="How long a slot is held on average")


class GlobalConcurrencyLimitResponse(BaseModel):
    """A limit as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    active: bool = Field(default=True, description=_ACTIVE)
    name: str = Field(description="Name of the limit, unique")
    limit: int = Field(description=_LIMIT)
    active_slots: int = Field(description=_TAKEN)
    slot_decay_per_second: float = Field(default=2.0, description=_DECAY)


class MinimalConcurrencyLimitResponse(BaseModel):
    """A limit of which slots were taken or given back."""

    id: UUID
    name: str
    limit: int


class ConcurrencyLimitWithLeaseResponse(BaseModel):
    """The lease under which slots are held, and the limits they are of."""

    lease_id: UUID
    limits: list[MinimalConcurrencyLimitResponse]


class ConcurrencyLeaseHolder(BaseModel):
    """Who holds a lease."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["flow_run", "task_run", "deployment"]
    id: UUID


class IncrementBody(Embedded):
    """Slots to take, without a lease."""

    slots: int = Field(gt=0)
    names: list[str] = Field(min_length=1)
    mode: Mode = "concurrency"
    create_if_missing: bool | None = Field(default=None, deprecated=True)


class IncrementWithLeaseBody(Embedded):
    """Slots to take under a lease."""

    slots: int = Field(gt=0)
    names: list[str] = Field(min_length=1)
    mode: Mode = "concurrency"
    lease_duration: Seconds = 300
    holder: ConcurrencyLeaseHolder | None = Field(default=None, description="Who holds the lease")


class DecrementBody(Embedded):
    """Slots to give back that are held without a lease."""

    slots: int = Field(gt=0)
    names: list[str] = Field(min_length=1)
    occupancy_seconds: Annotated[float, Field(gt=0)] | None = None
    create_if_missing: Annotated[bool | None, NullUnsaid] = Field(default=None, deprecated=True)


class DecrementWithLeaseBody(Embedded):
    """A lease to give up."""

    lease_id: UUID = Field(description="The lease whose slots are given back")


class RenewBody(Embedded):
    """How long a lease is to last from now on."""

    lease_duration: Seconds = 300


class ConcurrencyLimitCreate(BaseModel):
    """What is needed to limit a tag."""

    model_config = ConfigDict(extra="forbid")

    tag: str = Field(description="Tag that the limit is for")
    concurrency_limit: int = Field(description=_LIMIT)


class ConcurrencyLimit(BaseModel):
    """A tag's limit as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    tag: str = Field(description="Tag that the limit is for")
    concurrency_limit: int = Field(description=_LIMIT)
    active_slots: list[UUID] = Field(default_factory=list[UUID], description="Ids of the task runs that hold slots")


class TagsOfRunBody(Embedded):
    """A task run, and the tags whose limits it is under."""

    names: list[str] = Field(description="Tags of which a slot each is taken or given back")
    task_run_id: UUID = Field(description="The task run that takes or gives back the slots")


class ResetBody(Embedded):
    """Who is to hold a tag's slots."""

    slot_override: list[UUID] | None = Field(default=None, description="Ids of the task runs that hold slots from now")

"""Wire models of events."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, RootModel, ValidationInfo

from locum.domain.clock import now
from locum.domain.moments import Moment
from locum.infra.settings import Settings
from locum.infra.settings.server import EventsSettings

RESOURCE_ID = "prefect.resource.id"
RESOURCE_ROLE = "prefect.resource.role"


def _limits(info: ValidationInfo) -> EventsSettings | None:
    """What the server that reads the event allows; nothing limits what it makes itself."""
    return info.context.events if isinstance(info.context, Settings) else None


def _labels(labels: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    limits = _limits(info)
    if limits is not None and len(labels) > limits.maximum_labels_per_resource:
        raise ValueError(f"The maximum number of labels per resource is {limits.maximum_labels_per_resource}")
    identity = labels.get(RESOURCE_ID)
    if identity is None:
        raise ValueError(f"Resources must include the {RESOURCE_ID} label")
    if not identity:
        raise ValueError(f"The {RESOURCE_ID} label must be non-empty")
    return labels


def _related_labels(labels: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    role = _labels(labels, info).get(RESOURCE_ROLE)
    if role is None:
        raise ValueError(f"Related Resources must include the {RESOURCE_ROLE} label")
    if not role:
        raise ValueError(f"The {RESOURCE_ROLE} label must be non-empty")
    return labels


def _name(name: str, info: ValidationInfo) -> str:
    limits = _limits(info)
    if limits is not None and len(name) > limits.maximum_event_name_length:
        raise ValueError(f"Event name must be at most {limits.maximum_event_name_length} characters")
    return name


class Resource(RootModel[Annotated[dict[str, str], AfterValidator(_labels)]]):
    """Labels of something that an event is about, its id among them."""


class RelatedResource(RootModel[Annotated[dict[str, str], AfterValidator(_related_labels)]]):
    """Labels of something that an event also involves, its id and its role among them."""


def _few(related: list[RelatedResource], info: ValidationInfo) -> list[RelatedResource]:
    limits = _limits(info)
    if limits is not None and len(related) > limits.maximum_related_resources:
        raise ValueError(f"The maximum number of related resources is {limits.maximum_related_resources}")
    return related


class Event(BaseModel):
    """Something that happened, as its sender tells it."""

    model_config = ConfigDict(extra="ignore")

    occurred: Moment = Field(description="When it happened, by the sender's clock")
    event: Annotated[str, AfterValidator(_name)] = Field(description="The name of what happened")
    resource: Resource = Field(description="What it happened to")
    related: Annotated[list[RelatedResource], AfterValidator(_few)] = Field(
        default_factory=list[RelatedResource], description="What else was involved"
    )
    payload: dict[str, Any] = Field(default_factory=dict[str, Any], description="Whatever the sender has to say of it")
    id: UUID = Field(description="The event's id, chosen by the sender: the same id twice is the same event")
    follows: UUID | None = Field(default=None, description="The id of an event known to have happened before this one")


class ReceivedEvent(Event):
    """Something that happened, as it is kept."""

    received: Moment = Field(default_factory=now, description="When the server was told")


class EventPage(BaseModel):
    """One page of events."""

    events: list[ReceivedEvent] = Field(description="The events of this page")
    total: int = Field(description="How many events match")
    next_page: AnyHttpUrl | None = Field(description="Where the next page is, if there is one")


class Countable(StrEnum):
    """By what events may be counted."""

    day = "day"
    time = "time"
    event = "event"
    resource = "resource"


class TimeUnit(StrEnum):
    """A unit of the intervals by which events are counted."""

    week = "week"
    day = "day"
    hour = "hour"
    minute = "minute"
    second = "second"


class EventCount(BaseModel):
    """How many events share a value."""

    value: str = Field(description="The value that they share, as a filter takes it")
    label: str = Field(description="The value as it is shown")
    count: int = Field(description="How many events there are")
    start_time: Moment = Field(description="When the first of them occurred, or the interval begins")
    end_time: Moment = Field(description="When the last of them occurred, or the interval ends")

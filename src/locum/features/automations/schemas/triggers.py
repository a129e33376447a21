"""Triggers: what has to happen, or to fail to happen, for an automation to act."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from locum.domain.ids import new_id
from locum.features.automations.schemas.kinds import ByType
from locum.features.automations.schemas.spans import Span
from locum.filters.resources import ResourceSpecification

SHORTEST_PROACTIVE = timedelta(seconds=10)
"""The least time in which something may fail to happen, and the default."""

_LARGEST = 2**63 - 1
_PLAIN_LABELS = TypeAdapter(dict[str, str | list[str]]).json_schema()


class _OrPlainLabels:
    """Shows a specification in the document as one that may also be written out."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), _PLAIN_LABELS]}


def _countable(number: int) -> int:
    if abs(number) > _LARGEST:
        msg = "the number is beyond counting"
        raise ValueError(msg)
    return number


Specification = Annotated[ResourceSpecification, _OrPlainLabels()]
"""Labels that a resource must have."""

Names = Annotated[
    frozenset[str],
    PlainSerializer(sorted, return_type=list[str]),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "uniqueItems": True}),
]
"""Each name once; answered in the order of the alphabet."""


def _everything() -> ResourceSpecification:
    return ResourceSpecification({})


class _Trigger(BaseModel):
    """What all triggers have in common."""

    model_config = ConfigDict(extra="ignore", ser_json_timedelta="float")

    id: UUID = Field(default_factory=new_id, description="The trigger's id, which the server chooses")


class EventTrigger(_Trigger):
    """Fires when events happen, or fail to happen, in some length of time."""

    type: Literal["event"] = "event"
    match: Specification = Field(default_factory=_everything, description="Labels of what the event happened to")
    match_related: Specification | list[Specification] = Field(
        default_factory=_everything, description="Labels of what else was involved; of a list each entry must be found"
    )
    after: Names = Field(
        default_factory=frozenset[str],
        description="Events of which one must come first; * at the end stands for any ending",
    )
    expect: Names = Field(
        default_factory=frozenset[str],
        description="Events that are waited for, any if none is named; * at the end stands for any ending",
    )
    for_each: Names = Field(
        default_factory=frozenset[str],
        description="Labels by whose values events are counted apart; related:role:label is that of a related resource",
    )
    posture: Literal["Reactive", "Proactive"] = Field(
        description="Whether it fires when the events happen (Reactive) or when they fail to (Proactive)"
    )
    threshold: Annotated[int, AfterValidator(_countable)] = Field(
        default=1, description="How many events it takes to fire, or to keep it from firing"
    )
    within: Span = Field(
        default=timedelta(0),
        ge=timedelta(0),
        json_schema_extra={"minimum": 0},
        description="In which time; proactively 10 seconds or more",
    )

    @model_validator(mode="after")
    def _leaves_time_to_happen(self) -> Self:
        if self.posture == "Proactive" and self.within < SHORTEST_PROACTIVE:
            if self.within:
                msg = "`within` for Proactive triggers must be greater than or equal to 10 seconds"
                raise ValueError(msg)
            self.within = SHORTEST_PROACTIVE
        return self

    def tree(self) -> Iterator["Trigger"]:
        """The trigger itself."""
        yield self


class _Composite(_Trigger):
    """Fires when triggers within it have fired, all in some length of time."""

    triggers: list["Trigger"] = Field(description="The triggers within")
    within: Span | None = Field(description="In which time; in any if null")

    def tree(self) -> Iterator[Any]:
        """The trigger and all within, outer ones first."""
        yield self
        for inner in self.triggers:
            yield from inner.tree()


class CompoundTrigger(_Composite):
    """Fires when some or all of the triggers within it have fired."""

    type: Literal["compound"] = "compound"
    require: int | Literal["any", "all"] = Field(description="How many must have fired")

    @model_validator(mode="after")
    def _can_be_satisfied(self) -> Self:
        if isinstance(self.require, int):
            if self.require < 1:
                msg = "require must be at least 1"
                raise ValueError(msg)
            if self.require > len(self.triggers):
                msg = "require must be less than or equal to the number of triggers"
                raise ValueError(msg)
        return self


class SequenceTrigger(_Composite):
    """Fires when the triggers within it have fired in their order."""

    type: Literal["sequence"] = "sequence"


Trigger = Annotated[EventTrigger | CompoundTrigger | SequenceTrigger, ByType()]
"""Any trigger."""

CompoundTrigger.model_rebuild()
SequenceTrigger.model_rebuild()

"""Automations: a trigger, and the actions to be taken when it fires."""

from typing import Annotated, Any, ClassVar, Self, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from locum.domain.moments import Moment
from locum.features.automations.schemas.actions import Action
from locum.features.automations.schemas.extent import require_few
from locum.features.automations.schemas.feedback import require_no_feedback
from locum.features.automations.schemas.triggers import Trigger
from locum.filters import ties
from locum.filters.automations import AutomationFilter
from locum.filters.body import Filters, NullIsDefault, Offset
from locum.filters.sorting import AutomationSort
from locum.filters.ties import Target
from locum.infra.settings import Settings

_ENABLED = "Whether it is watched at all"


class _Definition(BaseModel):
    """What makes an automation."""

    name: str = Field(description="Name of the automation; several may have the same")
    description: str = Field(default="", description="What it is for")
    enabled: bool = Field(default=True, description=_ENABLED)
    tags: list[str] = Field(default_factory=list[str], description="Tags of the automation")
    trigger: Trigger = Field(description="When it fires")
    actions: list[Action] = Field(description="What is done each time that it fires")
    actions_on_trigger: list[Action] = Field(
        default_factory=list[Action], description="What is done when it begins to hold"
    )
    actions_on_resolve: list[Action] = Field(
        default_factory=list[Action], description="What is done when it holds no longer"
    )

    @model_validator(mode="before")
    @classmethod
    def _is_within_limits(cls, definition: Any, info: ValidationInfo) -> Any:
        if isinstance(info.context, Settings) and isinstance(definition, dict):
            require_few(cast("dict[str, Any]", definition), info.context.automations)
        return cast("Any", definition)

    @model_validator(mode="after")
    def _does_not_set_itself_off(self) -> Self:
        if self.enabled:
            require_no_feedback(self.trigger, self.actions)
        return self


class AutomationCreate(_Definition):
    """What is needed to make an automation."""

    model_config = ConfigDict(extra="forbid")

    owner_resource: str | None = Field(default=None, description="Id of the resource that it belongs to")


class AutomationUpdate(_Definition):
    """What takes the place of an automation's definition; what is optional and left out stays as it is."""

    model_config = ConfigDict(extra="forbid")


class AutomationPartialUpdate(BaseModel):
    """What may be changed of an automation by itself."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = Field(default=True, description=_ENABLED)


class Automation(_Definition):
    """An automation as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None


class CountAutomations(Filters):
    """Which automations to count."""

    target: ClassVar[Target] = ties.AUTOMATIONS
    automations: AutomationFilter | None = Field(default=None, description="Filter by automations")


class FilterAutomations(Offset, CountAutomations):
    """Which automations to list."""

    sort: Annotated[AutomationSort, NullIsDefault] = AutomationSort.NAME_ASC

"""Actions: what an automation does when its trigger fires, one model for each kind."""

import json
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from locum.domain.parameters import TemplateInvalid, check_template, problems_in
from locum.domain.states import StateType
from locum.features.automations.schemas.kinds import ByType
from locum.features.automations.schemas.spans import NonNegativeSpan

_SOURCE = "Whether it is one that is named here (selected) or one that the event tells (inferred)"


def _a_template(text: str, info: ValidationInfo) -> str:
    try:
        check_template(text)
    except TemplateInvalid as error:
        msg = f"{info.field_name!r} is not a valid template: {error}"
        raise ValueError(msg) from error
    return text


Template = Annotated[str, AfterValidator(_a_template)]
"""A template to be filled in from the event."""


class _Action(BaseModel):
    """What all actions have in common."""

    model_config = ConfigDict(extra="ignore", ser_json_timedelta="float")


class _OnSomething(_Action):
    """An action on a thing whose id is either given in the field `target` or told by the event."""

    target: ClassVar[str]

    source: Literal["selected", "inferred"] = Field(default="selected", description=_SOURCE)

    @model_validator(mode="after")
    def _names_what_is_selected(self) -> Self:
        named = bool(getattr(self, self.target))
        if named is not (self.source == "selected"):
            msg = f"{self.target} is {'not allowed' if named else 'required'}"
            raise ValueError(msg)
        return self


class _OnDeployment(_OnSomething):
    target: ClassVar[str] = "deployment_id"

    deployment_id: UUID | None = Field(default=None, description="Id of the deployment, if selected")


class _OnWorkPool(_OnSomething):
    target: ClassVar[str] = "work_pool_id"

    work_pool_id: UUID | None = Field(default=None, description="Id of the work pool, if selected")


class _OnWorkQueue(_OnSomething):
    target: ClassVar[str] = "work_queue_id"

    work_queue_id: UUID | None = Field(default=None, description="Id of the work queue, if selected")


class _OnAutomation(_OnSomething):
    target: ClassVar[str] = "automation_id"

    automation_id: UUID | None = Field(default=None, description="Id of the automation, if selected")


class DoNothing(_Action):
    """Does nothing; what is left is that the automation says it has fired."""

    type: Literal["do-nothing"] = "do-nothing"


class RunDeployment(_OnDeployment):
    """Makes a run of a deployment."""

    type: Literal["run-deployment"] = "run-deployment"
    parameters: dict[str, Any] | None = Field(
        default=None, description="Parameters that replace the deployment's; texts may be templates"
    )
    job_variables: dict[str, Any] | None = Field(
        default=None, description="Job variables that replace the deployment's"
    )
    schedule_after: NonNegativeSpan = Field(
        default_factory=timedelta, description="How long to wait before the run is to begin"
    )

    @field_validator("parameters")
    @classmethod
    def _can_be_filled_in(cls, parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        problems = problems_in(parameters or {})
        if problems:
            lines = (f"{place and place + ':'} {problem}" for place, problem in problems.items())
            msg = "Invalid parameters: \n" + "\n  ".join(lines)
            raise ValueError(msg)
        return parameters


class PauseDeployment(_OnDeployment):
    """Pauses a deployment."""

    type: Literal["pause-deployment"] = "pause-deployment"


class ResumeDeployment(_OnDeployment):
    """Resumes a deployment."""

    type: Literal["resume-deployment"] = "resume-deployment"


class CancelFlowRun(_Action):
    """Cancels the flow run that the event tells of."""

    type: Literal["cancel-flow-run"] = "cancel-flow-run"


class DeleteFlowRun(_Action):
    """Deletes the flow run that the event tells of."""

    type: Literal["delete-flow-run"] = "delete-flow-run"


class ChangeFlowRunState(_Action):
    """Sets the state of the flow run that the event tells of."""

    type: Literal["change-flow-run-state"] = "change-flow-run-state"
    name: str | None = Field(default=None, description="Name of the new state")
    state: StateType = Field(description="Type of the new state")
    message: str | None = Field(default=None, description="What the new state has to say")
    force: bool = Field(default=False, description="Whether the rules of orchestration are passed over")


class SuspendFlowRun(_Action):
    """Suspends the flow run that the event tells of."""

    type: Literal["suspend-flow-run"] = "suspend-flow-run"


class ResumeFlowRun(_Action):
    """Resumes the flow run that the event tells of."""

    type: Literal["resume-flow-run"] = "resume-flow-run"


class PauseWorkQueue(_OnWorkQueue):
    """Pauses a work queue."""

    type: Literal["pause-work-queue"] = "pause-work-queue"


class ResumeWorkQueue(_OnWorkQueue):
    """Resumes a work queue."""

    type: Literal["resume-work-queue"] = "resume-work-queue"


class PauseWorkPool(_OnWorkPool):
    """Pauses a work pool."""

    type: Literal["pause-work-pool"] = "pause-work-pool"


class ResumeWorkPool(_OnWorkPool):
    """Resumes a work pool."""

    type: Literal["resume-work-pool"] = "resume-work-pool"


class PauseAutomation(_OnAutomation):
    """Switches an automation off."""

    type: Literal["pause-automation"] = "pause-automation"


class ResumeAutomation(_OnAutomation):
    """Switches an automation on."""

    type: Literal["resume-automation"] = "resume-automation"


class SendNotification(_Action):
    """Sends a message by a notification block."""

    type: Literal["send-notification"] = "send-notification"
    block_document_id: UUID = Field(description="Id of the notification block")
    subject: Template = Field(default="Prefect automated notification", description="What the message is about")
    body: Template = Field(description="What the message says")


class CallWebhook(_Action):
    """Makes a request by a webhook block."""

    type: Literal["call-webhook"] = "call-webhook"
    block_document_id: UUID = Field(description="Id of the webhook block")
    payload: Template = Field(default="", description="What the request carries")

    @field_validator("payload", mode="before")
    @classmethod
    def _written_out(cls, payload: Any) -> Any:
        """An object, as older UIs send it, becomes its JSON text."""
        if payload is None or isinstance(payload, str):
            return payload
        return json.dumps(payload, indent=2, ensure_ascii=False)


Action = Annotated[
    DoNothing
    | RunDeployment
    | PauseDeployment
    | ResumeDeployment
    | CancelFlowRun
    | DeleteFlowRun
    | ChangeFlowRunState
    | PauseWorkQueue
    | ResumeWorkQueue
    | SendNotification
    | CallWebhook
    | PauseAutomation
    | ResumeAutomation
    | SuspendFlowRun
    | ResumeFlowRun
    | PauseWorkPool
    | ResumeWorkPool,
    ByType(),
]
"""Any action; where the type is left out, the first kind that fits is meant."""

"""What is said on the worker channel: the frames that workers send, those that they are sent, and why it is closed."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from locum.domain.ids import new_id
from locum.infra.web import RequestInvalid
from locum.infra.web.body import without_nul

VERSION = "work_pool_worker_channel.v1"
REQUIRED = ("worker_heartbeat.v1", "work_pool_snapshot.v1")
CLEANUP = "cleanup_delivery.v1"

CleanupKind = Literal["cancelling_timeout_teardown.v1", "pending_claim_teardown.v1"]
CANCELLING_TIMEOUT: CleanupKind = "cancelling_timeout_teardown.v1"

Reason = Literal[
    "authentication_failed",
    "authorization_failed",
    "unsupported_version",
    "protocol_error",
    "heartbeat_persistence_failed",
    "transient_server_error",
]
CLOSE_CODES: dict[Reason, int] = {
    "authentication_failed": 1008,
    "authorization_failed": 1008,
    "unsupported_version": 1008,
    "protocol_error": 1002,
    "heartbeat_persistence_failed": 1011,
    "transient_server_error": 1011,
}
"""After the last two a worker comes again; after the others it polls instead."""


class Closing(Exception):
    """The channel cannot go on; the worker is told why."""

    def __init__(self, reason: Reason) -> None:
        """One of the reasons that workers know."""
        super().__init__(reason)
        self.reason: Reason = reason


_Seconds = Annotated[int, Field(ge=1, lt=2**31)]
_Count = Annotated[int, Field(ge=0, lt=2**31)]
_Filled = Annotated[str, StringConstraints(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Hello(_Strict):
    """Who a worker is and what it can do."""

    consumer_id: UUID
    worker_name: _Filled
    worker_type: _Filled
    heartbeat_interval_seconds: _Seconds
    supported_channel_versions: list[_Filled] = Field(min_length=1)
    requested_capabilities: list[_Filled] = Field(min_length=1)
    work_queue_names: list[_Filled] = Field(default_factory=list[str])
    handled_cleanup_kinds: list[CleanupKind] = Field(default_factory=list[CleanupKind])
    max_cleanup_concurrency: _Count = 0
    create_pool_if_not_found: bool = False
    default_base_job_template: dict[str, Any] = Field(default_factory=dict)
    worker_metadata: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not set(REQUIRED) <= set(self.requested_capabilities):
            raise ValueError("a capability that every worker needs was not asked for")
        if CLEANUP in self.requested_capabilities:
            if self.handled_cleanup_kinds and "max_cleanup_concurrency" not in self.model_fields_set:
                self.max_cleanup_concurrency = 1
        elif self.handled_cleanup_kinds or self.max_cleanup_concurrency:
            raise ValueError("cleaning up was not asked for")
        return self

    @property
    def cleans_up(self) -> bool:
        """Whether it can be sent runs to clean up after."""
        return bool(self.handled_cleanup_kinds) and self.max_cleanup_concurrency > 0


class Heartbeat(_Strict):
    """A worker's sign of life."""

    consumer_id: UUID
    worker_name: _Filled
    heartbeat_interval_seconds: _Seconds


class Settlement(_Strict):
    """Which message is meant, and by what right."""

    message_id: UUID
    reservation_token: _Filled


class Release(Settlement):
    """The same, and why the message is given back."""

    reason: _Filled


class _Frame(_Strict):
    id: UUID
    sent_at: datetime


class HelloFrame(_Frame):
    """The first frame."""

    type: Literal["worker.hello.v1"]
    payload: Hello


class HeartbeatFrame(_Frame):
    """Sent every so often."""

    type: Literal["worker.heartbeat.v1"]
    payload: Heartbeat


class AckFrame(_Frame):
    """A message was dealt with."""

    type: Literal["cleanup.ack.v1"]
    payload: Settlement


class ReleaseFrame(_Frame):
    """A message was not dealt with."""

    type: Literal["cleanup.release.v1"]
    payload: Release


class RenewFrame(_Frame):
    """A message takes longer."""

    type: Literal["cleanup.renew.v1"]
    payload: Settlement


Frame = HelloFrame | HeartbeatFrame | AckFrame | ReleaseFrame | RenewFrame
_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def read(text: str | bytes) -> Frame:
    """A worker's frame. Raises Closing where it is none."""
    try:
        return _FRAME.validate_json(without_nul(text.encode() if isinstance(text, str) else text, strip=False))
    except (ValidationError, RequestInvalid, UnicodeEncodeError) as error:
        raise Closing("protocol_error") from error


def write(kind: str, now: datetime, /, **payload: Any) -> str:
    """A frame for a worker; JSON text goes in as an `orjson.Fragment`."""
    frame = {"type": kind, "id": new_id(), "sent_at": now, "payload": payload}
    return orjson.dumps(frame, default=str, option=orjson.OPT_UTC_Z).decode()

"""The named states that the server itself puts runs in; the clock is handed in."""

from datetime import datetime
from typing import Any

from locum.domain.ids import new_id
from locum.domain.states.details import StateDetails
from locum.domain.states.models import State
from locum.domain.states.types import StateType


def make(type: StateType, now: datetime, name: str | None = None, message: str | None = None, **rest: Any) -> State:
    """A state of this type made at `now`; `rest` may hold data and state_details."""
    return State(id=new_id(), type=type, name=name or type.capitalize(), timestamp=now, message=message, **rest)


def scheduled(
    now: datetime,
    due: datetime | None = None,
    name: str = "Scheduled",
    message: str | None = None,
    data: Any = None,
) -> State:
    """Due at `due`, else at once."""
    details = StateDetails(scheduled_time=due or now)
    return make(StateType.SCHEDULED, now, name, message, data=data, state_details=details)


def late(now: datetime, due: datetime) -> State:
    """Should have begun at `due`."""
    return scheduled(now, due, "Late")


def resuming(now: datetime) -> State:
    """Was suspended and may be picked up again."""
    return scheduled(now, now, "Resuming")


def awaiting_retry(now: datetime, due: datetime, message: str | None = None, data: Any = None) -> State:
    """Failed, and tries again at `due`."""
    return scheduled(now, due, "AwaitingRetry", message, data)


def awaiting_concurrency_slot(now: datetime, due: datetime) -> State:
    """Was held back by a limit, and asks again at `due`."""
    return scheduled(now, due, "AwaitingConcurrencySlot")


def pending(now: datetime) -> State:
    """About to run."""
    return make(StateType.PENDING, now)


def running(now: datetime) -> State:
    """Running."""
    return make(StateType.RUNNING, now)


def failed(now: datetime, message: str | None = None) -> State:
    """Ended in failure."""
    return make(StateType.FAILED, now, message=message)


def cancelling(now: datetime, message: str | None = None) -> State:
    """To be ended by whoever carries it out."""
    return make(StateType.CANCELLING, now, message=message)


def cancelled(now: datetime, message: str | None = None) -> State:
    """Ended because somebody said so."""
    return make(StateType.CANCELLED, now, message=message)


def not_ready(now: datetime, timeout: datetime | None, *, reschedule: bool) -> State:
    """A task run that waits for its paused flow run, on the terms of that pause."""
    details = StateDetails(pause_timeout=timeout, pause_reschedule=reschedule)
    return make(StateType.PAUSED, now, "NotReady", state_details=details)

"""The events that flow runs announce."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import orjson

from locum.domain.orchestration import Decision, FlowRunFacts
from locum.domain.states import State, StateType
from locum.features.events.emit import Announcement

_MESSAGE_LIMIT = 100_000
_TIGHT = timedelta(minutes=5)


def state_changed(run: Mapping[str, Any], decision: Decision[FlowRunFacts], now: datetime) -> Announcement | None:
    """A flow run came into a new state; None where it did not.

    `run` has id, name, tags (JSON text), created_by, flow_id, and the columns of `store.surroundings`. The event's id
    is the state's, so that events of states follow one another as the states do.
    """
    state, initial = decision.state, decision.initial
    if state is None:
        return None
    tight = initial is not None and abs(now - initial.timestamp) < _TIGHT
    return Announcement(
        id=state.id,
        event=f"prefect.flow-run.{state.name}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.flow-run.{run['id']}",
            "prefect.resource.name": run["name"],
            "prefect.run-count": str(decision.run.run_count),
            "prefect.state-message": _cut(state.message),
            "prefect.state-name": state.name or "",
            "prefect.state-timestamp": state.timestamp.isoformat(),
            "prefect.state-type": state.type.value,
        },
        related=related(run),
        payload={
            "intended": {"from": initial.type.value if initial else None, "to": state.type.value},
            "initial_state": _shown(initial),
            "validated_state": _shown(state),
        },
        follows=initial.id if initial is not None and tight else None,
    )


def related(run: Mapping[str, Any]) -> list[dict[str, str]]:
    """The resources around a flow run, its tags and its creator among them."""
    found: list[dict[str, str]] = []
    tags: set[str] = set(_tags(run["tags"]))
    for kind, identity, name, its_tags in (
        ("flow", run["flow_id"], run["flow_name"], run["flow_tags"]),
        ("deployment", run["found_deployment_id"], run["deployment_name"], run["deployment_tags"]),
        ("work-queue", run["found_queue_id"], run["queue_name"], None),
        ("work-pool", run["pool_id"], run["pool_name"], None),
        ("task-run", run["parent_id"], run["parent_name"], run["parent_tags"]),
    ):
        if identity is None:
            continue
        labels = {
            "prefect.resource.id": f"prefect.{kind}.{identity}",
            "prefect.resource.role": kind,
            "prefect.resource.name": name,
        }
        if kind == "work-pool":
            labels["prefect.work-pool.type"] = run["pool_type"]
        found.append(labels)
        tags.update(_tags(its_tags))
    found += [{"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"} for tag in sorted(tags)]
    return found + _creator(run["created_by"])


def _creator(created_by: str | None) -> list[dict[str, str]]:
    creator = orjson.loads(created_by) if created_by else None
    if not creator or creator["type"] not in {"DEPLOYMENT", "AUTOMATION"}:
        return []
    labels = {
        "prefect.resource.id": f"prefect.{creator['type'].lower()}.{creator['id']}",
        "prefect.resource.role": "creator",
    }
    if creator["display_value"]:
        labels["prefect.resource.name"] = creator["display_value"]
    return [labels]


def _tags(text: str | None) -> list[str]:
    return cast("list[str]", orjson.loads(text)) if text else []


def _shown(state: State | None) -> dict[str, str] | None:
    """What the payload says of a state; everything as text."""
    if state is None:
        return None
    shown: dict[str, str] = {"type": state.type.value}
    if state.name:
        shown["name"] = state.name
    if state.message:
        shown["message"] = _cut(state.message)
    if state.type is StateType.PAUSED:
        shown["pause_reschedule"] = str(state.state_details.pause_reschedule).lower()
    return shown


def _cut(message: str | None) -> str:
    """The message, its middle left out where it is too long."""
    if not message:
        return ""
    if len(message) <= _MESSAGE_LIMIT:
        return message
    left_out = f"...{len(message) - _MESSAGE_LIMIT} additional characters..."
    half = _MESSAGE_LIMIT // 2
    return message[:half] + left_out + message[-half:]

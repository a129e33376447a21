"""What may be done to automations."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from locum.domain.errors import Invalid, NotFound
from locum.domain.ids import new_id
from locum.features.automations import lifecycle, store
from locum.features.automations.schemas.actions import Action, RunDeployment
from locum.features.automations.schemas.automations import (
    Automation,
    AutomationCreate,
    AutomationPartialUpdate,
    AutomationUpdate,
)
from locum.features.automations.schemas.extent import ACTIONS
from locum.features.deployments.store import running
from locum.features.events.emit import emit
from locum.features.work_pools import job_templates
from locum.infra.cipher import Cipher
from locum.infra.db import Tx, dump_json

Definition = AutomationCreate | AutomationUpdate


async def create(tx: Tx, cipher: Cipher, body: AutomationCreate, now: datetime) -> str:
    """Make an automation: its JSON text. Raises Invalid, NotFound where job variables are for a missing deployment."""
    columns = _columns(body)
    await _require_job_variables(tx, cipher, [action for action in _runs(body.actions) if action.job_variables])
    automation_id = new_id()
    made = await store.insert_one(tx, automation_id, columns)
    resources = _named(body.actions)
    if body.owner_resource:
        resources[body.owner_resource] = True
    await store.relate(tx, automation_id, resources)
    await emit(tx, lifecycle.changed("created", made, now))
    return made


async def change(tx: Tx, cipher: Cipher, automation_id: UUID, body: AutomationUpdate, now: datetime) -> None:
    """Give an automation another definition. Raises Invalid, NotFound."""
    columns = _columns(body)
    runs = [action for action in _runs(body.actions) if action.job_variables is not None]
    await _require_job_variables(tx, cipher, runs)
    given = {name: value for name, value in columns.items() if name in body.model_fields_set}
    changed = await store.update_one(tx, automation_id, given)
    if changed is None:
        raise not_found()
    await store.forget_named(tx, automation_id)
    await store.relate(tx, automation_id, _named(body.actions))
    await emit(tx, lifecycle.changed("updated", changed, now))


async def switch(tx: Tx, automation_id: UUID, body: AutomationPartialUpdate, now: datetime) -> None:
    """Switch an automation on or off. Raises NotFound, and ValidationError where it may not be on.

    Like the peer, a body that says nothing is judged as if it switched on, though it changes nothing.
    """
    current = await store.lock(tx, automation_id)
    if current is None:
        raise not_found()
    Automation.model_validate({**json.loads(current), "enabled": body.enabled})
    changed = await store.update_one(tx, automation_id, body.model_dump(exclude_unset=True))
    if changed is not None:
        await emit(tx, lifecycle.changed("updated", changed, now))


async def remove(tx: Tx, automation_id: UUID, now: datetime) -> None:
    """Delete an automation. Raises NotFound."""
    deleted = await store.delete_one(tx, automation_id)
    if deleted is None:
        raise not_found()
    await emit(tx, lifecycle.changed("deleted", deleted, now))


def not_found() -> NotFound:
    """There is no such automation."""
    return NotFound("Automation not found", bare=True)


def _columns(body: Definition) -> dict[str, Any]:
    """The columns of a definition, its triggers under ids of our own."""
    for trigger in body.trigger.tree():
        trigger.id = new_id()
    return {
        "trigger": dump_json(body.trigger.model_dump(mode="json")),
        **{name: dump_json([action.model_dump(mode="json") for action in getattr(body, name)]) for name in ACTIONS},
        "name": body.name,
        "description": body.description,
        "enabled": body.enabled,
        "tags": dump_json(body.tags),
    }


def _runs(actions: Iterable[Action]) -> Iterable[RunDeployment]:
    return (action for action in actions if isinstance(action, RunDeployment) and action.deployment_id)


def _named(actions: Iterable[Action]) -> dict[str, bool]:
    """The resources that actions name; none of them is the owner."""
    return {f"prefect.deployment.{action.deployment_id}": False for action in _runs(actions)}


async def _require_job_variables(tx: Tx, cipher: Cipher, actions: Iterable[RunDeployment]) -> None:
    """Raises Invalid where variables do not conform to the pool's template, NotFound for what is missing."""
    problems: list[str] = []
    for action in actions:
        assert action.deployment_id is not None  # noqa: S101  (what is selected is named)
        around = await running.for_run(tx, action.deployment_id)
        if around is None:
            raise NotFound("Deployment not found.")
        if _asks_for_check(around, action):
            template = await job_templates.stored(tx, cipher, around["base_job_template"])
            mismatch = template.mismatch(action.job_variables, partial=False)
            problems += [] if mismatch is None else [mismatch]
    if problems:
        raise Invalid(f"Error creating automation: {' '.join(problems)}")


def _asks_for_check(around: Mapping[str, Any], action: RunDeployment) -> bool:
    given = action.job_variables or orjson.loads(around["job_variables"])
    return around["pool_id"] is not None and bool(given)

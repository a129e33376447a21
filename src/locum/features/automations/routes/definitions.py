"""HTTP operations on automations."""

from uuid import UUID

from pydantic import ValidationError

from locum.features.automations import commands, store
from locum.features.automations.schemas.automations import (
    Automation,
    AutomationCreate,
    AutomationPartialUpdate,
    AutomationUpdate,
    CountAutomations,
    FilterAutomations,
)
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation, RequestInvalid
from locum.infra.web.bodies import located


async def create_automation(tx: Tx, call: Call, body: AutomationCreate) -> Answer:
    """Make an automation."""
    return await commands.create(tx, call.services.hubs["blocks"], body, call.now)


async def read_automation(db: Db, id: UUID) -> Answer:
    """Read an automation."""
    found = await store.get(db, id)
    if found is None:
        raise commands.not_found()
    return found


async def update_automation(tx: Tx, call: Call, id: UUID, body: AutomationUpdate) -> Answer:
    """Give an automation another definition."""
    await commands.change(tx, call.services.hubs["blocks"], id, body, call.now)


async def patch_automation(tx: Tx, call: Call, id: UUID, body: AutomationPartialUpdate) -> Answer:
    """Switch an automation on or off."""
    try:
        await commands.switch(tx, id, body, call.now)
    except ValidationError as error:
        raise RequestInvalid(located(error, ()), body.model_dump()) from error


async def delete_automation(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete an automation."""
    await commands.remove(tx, id, call.now)


async def read_automations(db: Db, call: Call, body: FilterAutomations) -> Answer:
    """List the automations that the filter lets through."""
    return await store.LISTING.read(db, body, body.sort, call.settings.api.default_limit)


async def count_automations(db: Db, body: CountAutomations) -> Answer:
    """Count the automations that the filter lets through."""
    return str(await store.LISTING.count(db, body.restriction()))


_TAG = "Automations"

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/automations/", create_automation, _TAG, status=201, returns=Automation),
    Operation("GET", "/automations/{id}", read_automation, _TAG, returns=Automation),
    Operation("PUT", "/automations/{id}", update_automation, _TAG, status=204),
    Operation("PATCH", "/automations/{id}", patch_automation, _TAG, status=204),
    Operation("DELETE", "/automations/{id}", delete_automation, _TAG, status=204),
    Operation("POST", "/automations/filter", read_automations, _TAG, returns=list[Automation]),
    Operation("POST", "/automations/count", count_automations, _TAG, returns=int),
)

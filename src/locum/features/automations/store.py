"""Every statement about automations."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Text, Uuid, and_, bindparam, delete, func, insert, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from locum.filters.language import exists_in
from locum.filters.listing import Listing
from locum.filters.sorting import AutomationSort
from locum.infra.db import Executor, GivenRows, json_list, json_object, prepare, select_page
from locum.tables.automations import automation, automation_resource

RELATED_AT_MOST = 1000
"""How many automations of one resource are listed: the operation has no pages."""

PROJECTION = json_object(
    automation,
    {
        "id": automation.c.id,
        "created": automation.c.created,
        "updated": automation.c.updated,
        "name": automation.c.name,
        "description": automation.c.description,
        "enabled": automation.c.enabled,
        "tags": automation.c.tags,
        "trigger": automation.c.trigger,
        "actions": automation.c.actions,
        "actions_on_trigger": automation.c.actions_on_trigger,
        "actions_on_resolve": automation.c.actions_on_resolve,
    },
)
LISTING = Listing(automation, PROJECTION)

_KINDS: Mapping[str, Any] = {
    "name": Text(),
    "description": Text(),
    "enabled": Boolean(),
    "tags": JSONB(),
    "trigger": JSON(),
    "actions": JSON(),
    "actions_on_trigger": JSON(),
    "actions_on_resolve": JSON(),
}
_WITH_ID = automation.c.id == bindparam("wanted_id", type_=Uuid)
_RESOURCE: Any = bindparam("resource", type_=Text)

_INSERT = prepare(
    insert(automation)
    .values(id=bindparam("id", type_=Uuid), **{name: bindparam(name, type_=kind) for name, kind in _KINDS.items()})
    .returning(PROJECTION)
)
_GET = prepare(select(PROJECTION).select_from(automation).where(_WITH_ID))
_LOCK = prepare(select(PROJECTION).select_from(automation).where(_WITH_ID).with_for_update())
_UPDATE = prepare(
    update(automation)
    .where(_WITH_ID)
    .values(
        **{
            name: func.coalesce(bindparam(f"new_{name}", type_=kind), automation.c[name])
            for name, kind in _KINDS.items()
        },
        updated=func.now(),
    )
    .returning(PROJECTION)
)
_DELETE = prepare(delete(automation).where(_WITH_ID).returning(PROJECTION))

_OF_AUTOMATION = automation_resource.c.automation_id == bindparam("wanted_id", type_=Uuid)
_RELATED = prepare(
    json_list(
        PROJECTION,
        select_page(automation)
        .where(
            exists_in(
                automation_resource,
                automation_resource.c.automation_id == automation.c.id,
                automation_resource.c.resource_id == _RESOURCE,
            )
        )
        .order_by(*AutomationSort.NAME_ASC.order)
        .limit(RELATED_AT_MOST),
        automation,
    )
)
_DELETE_OWNED = prepare(
    delete(automation).where(
        exists_in(
            automation_resource,
            automation_resource.c.automation_id == automation.c.id,
            automation_resource.c.resource_id == _RESOURCE,
            automation_resource.c.is_owner,
        )
    )
)
_FORGET = prepare(delete(automation_resource).where(and_(_OF_AUTOMATION, ~automation_resource.c.is_owner)))


_GIVEN = GivenRows("given", {"resource_id": Text(), "is_owner": Boolean()})


def _relate() -> Any:
    wanted = select(as_type(bindparam("wanted_id", type_=Uuid), Uuid), *_GIVEN.c.values())
    related = upsert(automation_resource).from_select(["automation_id", "resource_id", "is_owner"], wanted)
    return related.on_conflict_do_nothing()


_RELATE = prepare(_relate())


async def insert_one(tx: Executor, automation_id: UUID, columns: Mapping[str, Any]) -> str:
    """Insert an automation: it as JSON text."""
    made: str = await tx.value(_INSERT, id=automation_id, **columns)
    return made


async def get(ex: Executor, automation_id: UUID) -> str | None:
    """An automation as JSON text."""
    return await ex.value(_GET, wanted_id=automation_id)


async def lock(tx: Executor, automation_id: UUID) -> str | None:
    """An automation as JSON text, held until the transaction ends."""
    return await tx.value(_LOCK, wanted_id=automation_id)


async def update_one(tx: Executor, automation_id: UUID, columns: Mapping[str, Any]) -> str | None:
    """Change the columns given: the automation as JSON text."""
    values = {f"new_{name}": columns.get(name) for name in _KINDS}
    return await tx.value(_UPDATE, wanted_id=automation_id, **values)


async def delete_one(tx: Executor, automation_id: UUID) -> str | None:
    """Delete an automation: it as JSON text."""
    return await tx.value(_DELETE, wanted_id=automation_id)


async def related(ex: Executor, resource_id: str) -> bytes:
    """The automations that a resource owns, or that name it, as a JSON array."""
    found: bytes = await ex.value(_RELATED, resource=resource_id)
    return found


async def delete_owned(ex: Executor, resource_id: str) -> None:
    """Delete the automations that a resource owns."""
    await ex.run(_DELETE_OWNED, resource=resource_id)


async def relate(tx: Executor, automation_id: UUID, resources: Mapping[str, bool]) -> None:
    """Note the resources of an automation, each with whether it owns it; an owner stays one."""
    if resources:
        rows = ({"resource_id": name, "is_owner": is_owner} for name, is_owner in resources.items())
        await tx.run(_RELATE, wanted_id=automation_id, **_GIVEN.values(rows))


async def forget_named(tx: Executor, automation_id: UUID) -> None:
    """Forget the resources of an automation that do not own it."""
    await tx.run(_FORGET, wanted_id=automation_id)

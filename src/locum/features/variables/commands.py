"""What may be done to variables."""

from datetime import datetime
from uuid import UUID

from locum.domain.errors import Conflict, NotFound
from locum.features.events.emit import emit
from locum.features.variables import lifecycle, store
from locum.features.variables.schemas import VariableCreate, VariableUpdate
from locum.infra.db import Tx, UniqueConflict


async def create(tx: Tx, body: VariableCreate, now: datetime) -> str:
    """Make a variable: its JSON text. Raises Conflict where one has the name."""
    try:
        made = await store.insert_one(tx, body)
    except UniqueConflict as error:
        raise Conflict(f"A variable with the name {body.name!r} already exists.") from error
    await emit(tx, lifecycle.changed("created", made, now))
    return made["json"]


async def change(tx: Tx, which: UUID | str, body: VariableUpdate, now: datetime) -> None:
    """Change the variable of that id, or of that name. Raises NotFound, Conflict where another has the new name."""
    changed = await store.update_one(tx, which, body)
    if changed is None:
        raise not_found()
    await emit(tx, lifecycle.changed("updated", changed, now))


async def remove(tx: Tx, which: UUID | str, now: datetime) -> None:
    """Delete the variable of that id, or of that name. Raises NotFound."""
    deleted = await store.delete_one(tx, which)
    if deleted is None:
        raise not_found()
    await emit(tx, lifecycle.changed("deleted", deleted, now))


def not_found() -> NotFound:
    """There is no such variable."""
    return NotFound("Variable not found.")

"""HTTP operations of variables."""

from uuid import UUID

from locum.features.variables import commands, store
from locum.features.variables.schemas import (
    CountVariables,
    FilterVariables,
    Variable,
    VariableCreate,
    VariableUpdate,
)
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation


async def create_variable(tx: Tx, call: Call, body: VariableCreate) -> Answer:
    """Make a variable."""
    return await commands.create(tx, body, call.now)


async def read_variable(db: Db, id: UUID) -> Answer:
    """Read a variable."""
    return _found(await store.get(db, id))


async def read_variable_by_name(db: Db, name: str) -> Answer:
    """Read the variable of a name."""
    return _found(await store.get(db, name))


async def read_variables(db: Db, call: Call, body: FilterVariables) -> Answer:
    """List the variables that the filter lets through."""
    return await store.LISTING.read(db, body, body.sort, call.settings.api.default_limit)


async def count_variables(db: Db, body: CountVariables) -> Answer:
    """Count the variables that the filter lets through."""
    return str(await store.LISTING.count(db, body.restriction()))


async def update_variable(tx: Tx, call: Call, id: UUID, body: VariableUpdate) -> Answer:
    """Change a variable."""
    await commands.change(tx, id, body, call.now)


async def update_variable_by_name(tx: Tx, call: Call, name: str, body: VariableUpdate) -> Answer:
    """Change the variable of a name."""
    await commands.change(tx, name, body, call.now)


async def delete_variable(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete a variable."""
    await commands.remove(tx, id, call.now)


async def delete_variable_by_name(tx: Tx, call: Call, name: str) -> Answer:
    """Delete the variable of a name."""
    await commands.remove(tx, name, call.now)


def _found(variable: str | None) -> str:
    if variable is None:
        raise commands.not_found()
    return variable


_TAG = "Variables"

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/variables/", create_variable, _TAG, status=201, returns=Variable),
    Operation("GET", "/variables/{id}", read_variable, _TAG, returns=Variable),
    Operation("GET", "/variables/name/{name}", read_variable_by_name, _TAG, returns=Variable),
    Operation("POST", "/variables/filter", read_variables, _TAG, returns=list[Variable]),
    Operation("POST", "/variables/count", count_variables, _TAG, returns=int),
    Operation("PATCH", "/variables/{id}", update_variable, _TAG, status=204),
    Operation("PATCH", "/variables/name/{name}", update_variable_by_name, _TAG, status=204),
    Operation("DELETE", "/variables/{id}", delete_variable, _TAG, status=204),
    Operation("DELETE", "/variables/name/{name}", delete_variable_by_name, _TAG, status=204),
)

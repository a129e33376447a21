"""Every statement about variables."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    Boolean,
    Executable,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.elements import ColumnElement

from locum.domain.ids import new_id
from locum.features.variables.schemas import VariableCreate, VariableUpdate
from locum.filters.listing import Listing
from locum.infra.db import Executor, Row, dump_json, json_object, prepare
from locum.tables.variables import variable

PROJECTION = json_object(
    variable,
    {
        "id": variable.c.id,
        "created": variable.c.created,
        "updated": variable.c.updated,
        "name": variable.c.name,
        "value": variable.c.value,
        "tags": variable.c.tags,
    },
)
LISTING = Listing(variable, PROJECTION)
_ANNOUNCED = (variable.c.id, variable.c.name, variable.c.value, variable.c.tags)

_INSERT = prepare(
    insert(variable)
    .values(
        id=bindparam("id", type_=Uuid),
        name=bindparam("name", type_=Text),
        value=bindparam("value", type_=JSON),
        tags=bindparam("tags", type_=JSONB),
    )
    .returning(PROJECTION.label("json"), *_ANNOUNCED)
)
_BY_ID: ColumnElement[bool] = variable.c.id == bindparam("wanted_id", type_=Uuid)
_BY_NAME: ColumnElement[bool] = variable.c.name == bindparam("wanted_name", type_=Text)
_GET = prepare(select(PROJECTION).select_from(variable).where(_BY_ID))
_GET_BY_NAME = prepare(select(PROJECTION).select_from(variable).where(_BY_NAME))
_DELETE = prepare(delete(variable).where(_BY_ID).returning(*_ANNOUNCED))
_DELETE_BY_NAME = prepare(delete(variable).where(_BY_NAME).returning(*_ANNOUNCED))
_VALUES = prepare(
    select(variable.c.name, variable.c.value).where(variable.c.name == any_(bindparam("names", type_=ARRAY(Text))))
)


def _update(which: ColumnElement[bool]) -> Executable:
    kinds: dict[str, Any] = {"name": Text(), "value": JSON(), "tags": JSONB()}
    values = {
        name: case(
            (bindparam(f"sets_{name}", type_=Boolean), bindparam(f"new_{name}", type_=kind)), else_=variable.c[name]
        )
        for name, kind in kinds.items()
    }
    return update(variable).where(which).values(**values, updated=func.now()).returning(*_ANNOUNCED)


_UPDATE = prepare(_update(_BY_ID))
_UPDATE_BY_NAME = prepare(_update(_BY_NAME))


async def insert_one(tx: Executor, body: VariableCreate) -> Row:
    """Insert a variable: its `json` and what an announcement shows. Raises UniqueConflict where one has the name."""
    row = await tx.row(_INSERT, id=new_id(), name=body.name, value=dump_json(body.value), tags=dump_json(body.tags))
    assert row is not None  # noqa: S101  (an insert returns its row)
    return row


async def get(tx: Executor, which: UUID | str) -> str | None:
    """The variable of that id, or of that name, as JSON text."""
    if isinstance(which, UUID):
        return await tx.value(_GET, wanted_id=which)
    return await tx.value(_GET_BY_NAME, wanted_name=which)


async def update_one(tx: Executor, which: UUID | str, body: VariableUpdate) -> Row | None:
    """Change what was given of the variable of that id, or of that name; what an announcement shows."""
    given = {
        "sets_name": "name" in body.model_fields_set,
        "sets_value": "value" in body.model_fields_set,
        "sets_tags": "tags" in body.model_fields_set,
        "new_name": body.name,
        "new_value": dump_json(body.value),
        "new_tags": dump_json(body.tags or []),
    }
    if isinstance(which, UUID):
        return await tx.row(_UPDATE, wanted_id=which, **given)
    return await tx.row(_UPDATE_BY_NAME, wanted_name=which, **given)


async def delete_one(tx: Executor, which: UUID | str) -> Row | None:
    """Delete the variable of that id, or of that name; what an announcement shows."""
    if isinstance(which, UUID):
        return await tx.row(_DELETE, wanted_id=which)
    return await tx.row(_DELETE_BY_NAME, wanted_name=which)


async def values_of(tx: Executor, names: Iterable[str]) -> dict[str, Any]:
    """The values of the variables of these names that exist."""
    wanted = list(names)
    if not wanted:
        return {}
    return {row["name"]: orjson.loads(row["value"]) for row in await tx.rows(_VALUES, names=wanted)}

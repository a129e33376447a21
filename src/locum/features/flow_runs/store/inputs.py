"""Inputs sent to flow runs."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid, all_, any_, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from locum.domain.ids import new_id
from locum.infra.db import Executor, json_list, json_object, prepare, select_page
from locum.tables.flow_runs import flow_run_input

PROJECTION = json_object(
    flow_run_input,
    {
        "id": flow_run_input.c.id,
        "created": flow_run_input.c.created,
        "updated": flow_run_input.c.updated,
        "flow_run_id": flow_run_input.c.flow_run_id,
        "key": flow_run_input.c.key,
        "value": flow_run_input.c.value,
        "sender": flow_run_input.c.sender,
    },
)
_OF_RUN = flow_run_input.c.flow_run_id == bindparam("run_id", type_=Uuid)
_INSERT = prepare(
    insert(flow_run_input).values(
        id=bindparam("input_id", type_=Uuid),
        flow_run_id=bindparam("run_id", type_=Uuid),
        key=bindparam("input_key", type_=Text),
        value=bindparam("input_value", type_=Text),
        sender=bindparam("input_sender", type_=Text),
    )
)
_VALUE = prepare(
    select(flow_run_input.c.value).where(_OF_RUN, flow_run_input.c.key == bindparam("input_key", type_=Text))
)
_WITH_PREFIX = prepare(
    json_list(
        PROJECTION,
        select_page(flow_run_input)
        .where(
            _OF_RUN,
            flow_run_input.c.key.like(bindparam("pattern", type_=Text)),
            flow_run_input.c.key != all_(bindparam("excluded", type_=ARRAY(Text))),
        )
        .order_by(flow_run_input.c.created, flow_run_input.c.id)
        .limit(bindparam("limit", type_=BigInteger)),
        flow_run_input,
    )
)
_DELETE_KEYS = prepare(
    delete(flow_run_input).where(_OF_RUN, flow_run_input.c.key == any_(bindparam("keys", type_=ARRAY(Text))))
)


async def insert_new(tx: Executor, run_id: UUID, key: str, value: str, sender: str | None) -> None:
    """Insert an input. Raises UniqueConflict where the key is taken or there is no such run."""
    await tx.run(_INSERT, input_id=new_id(), run_id=run_id, input_key=key, input_value=value, input_sender=sender)


async def value(tx: Executor, run_id: UUID, key: str) -> str | None:
    """What was sent under a key."""
    return await tx.value(_VALUE, run_id=run_id, input_key=key)


async def with_prefix(tx: Executor, run_id: UUID, prefix: str, limit: int, excluded: Sequence[str]) -> bytes:
    """The inputs whose keys begin so, oldest first, as a JSON array; `%` and `_` match as in LIKE."""
    pattern = prefix + "%"
    return await tx.value(_WITH_PREFIX, run_id=run_id, pattern=pattern, limit=limit, excluded=list(excluded))


async def delete_keys(tx: Executor, run_id: UUID, keys: Sequence[str]) -> int:
    """Delete the inputs under these keys; how many there were."""
    return await tx.run(_DELETE_KEYS, run_id=run_id, keys=list(keys))

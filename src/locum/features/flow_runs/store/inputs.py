"""Inputs sent to flow runs."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, bindparam, delete
from sqlalchemy.dialects.postgresql import ARRAY

from locum.infra.db import Executor, prepare
from locum.tables.flow_runs import flow_run_input

_DELETE_KEYS = prepare(
    delete(flow_run_input).where(
        flow_run_input.c.flow_run_id == bindparam("run_id", type_=Uuid),
        flow_run_input.c.key == any_(bindparam("keys", type_=ARRAY(Text))),
    )
)


async def delete_keys(tx: Executor, run_id: UUID, keys: Sequence[str]) -> int:
    """Delete the inputs under these keys; how many there were."""
    return await tx.run(_DELETE_KEYS, run_id=run_id, keys=list(keys))

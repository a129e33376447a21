"""Results remembered under a cache key: of each key the newest."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import CTE, LargeBinary, Uuid, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert

from locum.domain.orchestration.effects import RememberResult
from locum.domain.states import State
from locum.infra.db import Executor, prepare
from locum.tables.base import Instant
from locum.tables.task_runs import remembered_result, task_run_state

# a digest, since an index takes no keys as long as clients may send
_KEY = bindparam("remembered_key", type_=LargeBinary)
_FIND = prepare(
    select(
        task_run_state.c.id,
        task_run_state.c.type,
        task_run_state.c.name,
        task_run_state.c.timestamp,
        task_run_state.c.message,
        task_run_state.c.state_details.label("details"),
        task_run_state.c.data,
    )
    .join(remembered_result, remembered_result.c.task_run_state_id == task_run_state.c.id)
    .where(
        remembered_result.c.key == _KEY,
        or_(
            remembered_result.c.expiration.is_(None),
            remembered_result.c.expiration > bindparam("now", type_=Instant),
        ),
    )
)


async def find(ex: Executor, cache_key: str, now: datetime) -> State | None:
    """The state that is remembered under this key, and has not expired."""
    row = await ex.row(_FIND, remembered_key=_digest(cache_key), now=now)
    return None if row is None else State.stored(**dict(row))


def insertion(changed: CTE) -> CTE:
    """The remembering of the state that the one run of `changed` came into, which has the run's id."""
    given = {
        "key": _KEY,
        "task_run_id": changed.c.id,
        "task_run_state_id": bindparam("remembered_state_id", type_=Uuid),
        "expiration": bindparam("remembered_until", type_=Instant),
    }
    statement = insert(remembered_result).from_select(list(given), select(*given.values()))
    newest = {name: statement.excluded[name] for name in given if name != "key"}
    return statement.on_conflict_do_update(index_elements=["key"], set_=newest).cte("remembered")


def values(effect: RememberResult) -> dict[str, Any]:
    """The parameters of `insertion`."""
    return {
        "remembered_key": _digest(effect.cache_key),
        "remembered_state_id": effect.task_run_state_id,
        "remembered_until": effect.cache_expiration,
    }


def _digest(cache_key: str) -> bytes:
    return sha256(cache_key.encode()).digest()

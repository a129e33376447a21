"""Every statement about CSRF tokens; time is the database's, on which all replicas agree."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Interval, LargeBinary, Uuid, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from locum.domain.ids import new_id
from locum.infra.db import Executor, prepare
from locum.tables.csrf import csrf_token

_INSERTION = insert(csrf_token).values(
    id=bindparam("id", type_=Uuid),
    client=bindparam("client", type_=LargeBinary),
    token=bindparam("token", type_=LargeBinary),
    expiration=func.now() + bindparam("lifetime", type_=Interval),
)
_GIVEN = (
    _INSERTION.on_conflict_do_update(
        index_elements=["client"],
        set_={
            "updated": func.now(),
            "token": _INSERTION.excluded.token,
            "expiration": _INSERTION.excluded.expiration,
            "number": _INSERTION.excluded.number,
        },
    )
    .returning(
        csrf_token.c.id, csrf_token.c.created, csrf_token.c.updated, csrf_token.c.expiration, csrf_token.c.number
    )
    .cte("given")
)
_FORGETTABLE = (
    select(csrf_token.c.id)
    # Joined to what was given, so that the client's own row is held first. Nobody waits for a second one: those that
    # others hold are passed over, or else two clients that are given tokens at once might wait for each other.
    .join(_GIVEN, _GIVEN.c.id != csrf_token.c.id)
    .where(
        or_(
            csrf_token.c.expiration <= func.now(),
            csrf_token.c.number <= _GIVEN.c.number - bindparam("kept", type_=BigInteger),
        ),
    )
    .with_for_update(of=csrf_token, skip_locked=True)
)
_STALE = delete(csrf_token).where(csrf_token.c.id.in_(_FORGETTABLE)).cte("stale")
_PUT = prepare(select(_GIVEN.c.id, _GIVEN.c.created, _GIVEN.c.updated, _GIVEN.c.expiration).add_cte(_STALE))
_GET = prepare(
    select(csrf_token.c.token).where(
        csrf_token.c.client == bindparam("client", type_=LargeBinary), csrf_token.c.expiration > func.now()
    )
)


async def put(tx: Executor, client: bytes, token: bytes, lifetime: timedelta, kept: int) -> Mapping[str, Any]:
    """Give a client a token in place of the one it had, and forget those that have expired or are too many.

    Only so many of the latest are `kept`: anybody may ask for one, in as many names as they like.
    Answers with all of the token's row that is told.
    """
    row = await tx.row(_PUT, id=new_id(), client=client, token=token, lifetime=lifetime, kept=kept)
    assert row is not None  # noqa: S101  (an upsert returns its row)
    return row


async def get(tx: Executor, client: bytes) -> bytes | None:
    """The digest of the token that a client holds, unless it has expired."""
    return await tx.value(_GET, client=client)

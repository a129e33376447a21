"""The giving of CSRF tokens, and the telling of whose one is."""

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from locum.features.csrf import store
from locum.features.csrf.schemas import CsrfToken
from locum.infra.db import Db


async def give(db: Db, client: str, lifetime: timedelta, kept: int) -> CsrfToken:
    """Make a token for a client, of which the last `kept` hold; one that it was given before holds no more."""
    token = secrets.token_hex(32)
    row = await store.put(db, _digest(client), _digest(token), lifetime, kept)
    return CsrfToken(**row, client=client, token=token)


async def holds(db: Db, client: str, token: str) -> bool:
    """Whether the token is the one that the client was given last, and has not expired."""
    kept = await store.get(db, _digest(client))
    return kept is not None and hmac.compare_digest(kept, _digest(token))


def _digest(text: str) -> bytes:
    """What is kept: a token is 32 random bytes, so that nothing slower than a plain digest is needed."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()

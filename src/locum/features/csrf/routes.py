"""HTTP operations of CSRF tokens."""

from typing import Annotated

from locum.domain.errors import Invalid
from locum.features.csrf import commands
from locum.features.csrf.schemas import CsrfToken
from locum.infra.db import Db
from locum.infra.web import Answer, Call, Operation, Query, reply_json


async def create_csrf_token(db: Db, call: Call, client: Annotated[str, Query("Whom the token is for")]) -> Answer:
    """Make a token; where protection is off, clients take the refusal as the word that they need none."""
    api = call.settings.api
    if not api.csrf_protection_enabled:
        raise Invalid("CSRF protection is disabled.")
    token = await commands.give(db, client, api.csrf_token_expiration, api.csrf_tokens_kept)
    return reply_json(token.model_dump())


OPERATIONS = (Operation("GET", "/csrf-token", create_csrf_token, returns=CsrfToken),)

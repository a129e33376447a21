"""HTTP operations of CSRF tokens."""

from typing import Annotated

from locum.domain.errors import Invalid
from locum.features.csrf.schemas import CsrfToken
from locum.infra.web import Answer, Operation, Query


async def create_csrf_token(client: Annotated[str, Query("Whom the token is for")]) -> Answer:
    """Make a token; clients take this refusal as the word that they need none."""
    del client
    msg = "CSRF protection is disabled."
    raise Invalid(msg)


OPERATIONS = (Operation("GET", "/csrf-token", create_csrf_token, returns=CsrfToken),)

"""Wire models of CSRF tokens."""

from uuid import UUID

from pydantic import BaseModel, Field

from locum.domain.moments import Moment


class CsrfToken(BaseModel):
    """A token that a client sends along with requests that change something."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    token: str = Field(description="The token")
    client: str = Field(description="Whom it was made for")
    expiration: Moment = Field(description="Until when it holds")

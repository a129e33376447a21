"""Against requests that a foreign page makes a browser send: whoever changes something shows a token made for it."""

from collections.abc import Awaitable, Callable, Mapping

from locum.domain.errors import Forbidden

Holds = Callable[[str, str], Awaitable[bool]]
"""Whether a client, named first, holds this token."""

_CHANGING = frozenset({"DELETE", "PATCH", "POST", "PUT"})


class ForgeryGuard:
    """Asks requests that change something for a client's CSRF token. A foreign page can send no headers of its own."""

    def __init__(self, holds: Holds) -> None:
        """`holds` is asked only where there is a token to ask about."""
        self._holds = holds

    async def check(self, method: str, headers: Mapping[bytes, bytes]) -> None:
        """Raises Forbidden unless the request may pass."""
        if method not in _CHANGING:
            return
        token, client = headers.get(b"prefect-csrf-token"), headers.get(b"prefect-csrf-client")
        if token is None:
            raise Forbidden("Missing CSRF token.")
        if client is None:
            raise Forbidden("Missing client identifier.")
        if not await self._holds(client.decode("latin-1"), token.decode("latin-1")):
            # Clients fetch another token when they read these words.
            raise Forbidden("Invalid CSRF token or client identifier.")

"""Who may come in: with an auth string set, everything is refused that does not carry it."""

import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping

from locum.domain.errors import Unauthorized

_OPEN = frozenset({"/health", "/ready"})


class Guard:
    """Asks for HTTP basic authentication, as the peer does; probes of health and readiness need none."""

    def __init__(self, auth_string: str) -> None:
        """`auth_string` is `user:password`."""
        self._expected = auth_string.encode()

    def check(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> None:
        """Raises Unauthorized unless the request may pass; `path` is below the prefix, as routes are."""
        if method == "GET" and path in _OPEN:
            return
        scheme, _, credentials = headers.get(b"authorization", b"").partition(b" ")
        try:
            given = b64decode(credentials.strip(), validate=True)
        except (Base64Error, ValueError):
            given = b""
        if scheme != b"Basic" or not hmac.compare_digest(given, self._expected):
            msg = "Unauthorized"
            raise Unauthorized(msg, bare=True)

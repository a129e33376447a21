"""Which API version a request asks for, and whether its client is newer than this server."""

from functools import lru_cache

from locum.domain.errors import BadRequest
from locum.infra.web.call import client_version

PARITY_VERSION = "3.9.1"
"""The Prefect release whose server this one stands in for; clients compare it with their own."""

API_VERSION = "0.8.4"
"""The API version of that release."""

_MINIMUM = (0, 8, 0)
_PARTS = 3


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


_API = _numbers(API_VERSION)
_PARITY = _numbers(PARITY_VERSION)


@lru_cache(maxsize=256)
def check_version(header: bytes | None, user_agent: bytes | None) -> bool:
    """Whether the client is newer than the parity target. Raises BadRequest for a malformed or too old version."""
    newer = False
    if header:
        text = header.decode("latin-1")
        try:
            asked = _numbers(text)
        except ValueError:
            asked = ()
        if len(asked) != _PARTS:
            msg = f"Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received {text}"
            raise BadRequest(msg)
        if asked < _MINIMUM:
            lowest = ".".join(map(str, _MINIMUM))
            msg = f"The request specified API version {text} but this server requires version {lowest} or higher."
            raise BadRequest(msg)
        newer = asked > _API
    client = client_version(user_agent)
    if client is not None and not newer:
        release = tuple(int(part) for part in client.split(".")[:2])
        newer = release > _PARITY[:2]
    return newer

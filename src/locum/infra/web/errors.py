"""The only file that turns what went wrong into a status code and a body."""

import json
import math
from collections.abc import Mapping

import orjson

from locum.domain import errors as domain
from locum.infra.web.bodies import RequestInvalid
from locum.infra.web.call import Reply, reply_json

_STATUS: Mapping[type[domain.DomainError], int] = {
    domain.BadRequest: 400,
    domain.Unauthorized: 401,
    domain.Forbidden: 403,
    domain.NotFound: 404,
    domain.Conflict: 409,
    domain.TooLarge: 413,
    domain.Invalid: 422,
    domain.Locked: 423,
    domain.Unavailable: 503,
}

NOT_FOUND = reply_json({"detail": "Not Found"}, 404)
INTERNAL = reply_json({"exception_message": "Internal Server Error"}, 500)


def reply_to(error: domain.DomainError) -> Reply:
    """The answer to a domain error; a subclass answers as the nearest class that has a status."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    bare = error.bare or isinstance(error, domain.Unavailable)
    body = orjson.dumps({"exception_message" if bare else "detail": error.detail})
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if error.retry_after is not None:
        headers = ((b"retry-after", str(math.ceil(error.retry_after)).encode()),)
    return Reply(body, status, headers)


def reply_to_invalid(error: RequestInvalid) -> Reply:
    """The answer to a request whose form is wrong."""
    content = {
        "exception_message": "Invalid request received.",
        "exception_detail": error.errors,
        "request_body": error.body,
    }
    return Reply(_dumped(content), 422)


def _dumped(content: object) -> bytes:
    """JSON of whatever the caller sent; numbers beyond 64 bits are more than the fast writer takes."""
    try:
        return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS, default=str)
    except TypeError:
        return json.dumps(content, default=str).encode()


def method_not_allowed(allowed: list[str]) -> Reply:
    """The answer where the path exists but not with this method."""
    return Reply(b'{"detail":"Method Not Allowed"}', 405, ((b"allow", ", ".join(sorted(set(allowed))).encode()),))

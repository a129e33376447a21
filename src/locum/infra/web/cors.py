"""Which web pages of other origins may call the API, and the answer to a browser that asks beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass

from locum.infra.web.call import Reply

Headers = tuple[tuple[bytes, bytes], ...]

_METHODS = b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
_SECONDS = b"600"
_TEXT = b"text/plain; charset=utf-8"


@dataclass(frozen=True)
class Cors:
    """The rules; each is a list separated by commas, or `*` for everything."""

    origins: str = "*"
    methods: str = "*"
    headers: str = "*"

    def answered(self, origin: bytes) -> Headers:
        """What every answer to a page of that origin carries."""
        if self.origins == "*":
            return ((b"access-control-allow-origin", b"*"),)
        vary = (b"vary", b"Origin")
        return (vary, (b"access-control-allow-origin", origin)) if self._allows(origin) else (vary,)

    def preflight(self, origin: bytes, headers: Mapping[bytes, bytes]) -> Reply:
        """The answer to OPTIONS with `access-control-request-method`."""
        refused: list[bytes] = [] if self._allows(origin) else [b"origin"]
        method = headers[b"access-control-request-method"]
        methods = _METHODS if self.methods == "*" else self.methods.encode()
        if method not in _listed(methods):
            refused.append(b"method")
        wanted = headers.get(b"access-control-request-headers", b"")
        if self.headers != "*":
            allowed = {name.lower() for name in _listed(self.headers.encode())}
            refused += [b"headers"] * any(name.lower() not in allowed for name in _listed(wanted) if name)
        if refused:
            return Reply(b"Disallowed CORS " + b", ".join(refused), 400, content_type=_TEXT)
        listed = ((b"access-control-allow-headers", wanted or self.headers.encode()),) if wanted else ()
        described = ((b"access-control-allow-methods", methods), (b"access-control-max-age", _SECONDS), *listed)
        return Reply(b"OK", 200, described, _TEXT)

    def _allows(self, origin: bytes) -> bool:
        return self.origins == "*" or origin in _listed(self.origins.encode())


def _listed(text: bytes) -> list[bytes]:
    return [part.strip() for part in text.split(b",")]

"""One request as it was made up, its way over a socket of our own, and the answer: nothing is tidied up on the way."""

import gzip
import http.client
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

ABSENT: Any = object()
SECONDS = 60
SHOWN = 2000
JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """A method, a path with its arguments apart, and the rest; `raw` is sent in the place of `body`."""

    method: str
    path: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, str | bytes] = field(default_factory=dict[str, str | bytes])
    body: Any = ABSENT
    raw: bytes | None = None
    valid: bool = True
    """Whether the body, and all that was done to it since, may be held against its schema."""

    @property
    def where(self) -> str:
        """The path with its arguments, not yet quoted."""
        path = self.path
        for name, value in self.arguments.items():
            path = path.replace("{" + name + "}", value)
        return path

    @property
    def target(self) -> str:
        """What stands in the request line."""
        path = self.path
        for name, value in self.arguments.items():
            path = path.replace("{" + name + "}", _quoted(value))
        pairs = [(name, one) for name, value in self.query.items() for one in _each(value)]
        return path + ("?" + urlencode(pairs, quote_via=_quoted_pair) if pairs else "")

    @property
    def payload(self) -> bytes | None:
        """The body's bytes."""
        if self.raw is not None or self.body is ABSENT:
            return self.raw
        return json.dumps(self.body, default=str).encode()

    @property
    def operation(self) -> str:
        """Its name in reports."""
        return f"{self.method} {self.path}"

    def curl(self, address: str = "$API", shown: int = SHOWN) -> str:
        """A line that sends it anew, cut where it is long."""
        parts = ["curl", "-X", self.method, f"{address}{self.target}"]
        for name, value in self.headers.items():
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            parts += ["-H", f"{name}: {text}"]
        if self.payload is not None:
            if "content-type" not in {name.lower() for name in self.headers}:
                parts += ["-H", f"content-type: {JSON}"]
            parts += ["--data-binary", self.payload.decode("latin-1")]
        text = " ".join(shlex.quote(part) if part != f"{address}{self.target}" else f'"{part}"' for part in parts)
        return text if len(text) <= shown else f"{text[:shown]}... ({len(text)} characters)"


@dataclass(frozen=True)
class Answer:
    """What came back; a status of 0 if nothing did."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The parsed content, or None."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


class Wire:
    """A connection to one server, made anew when the server closes it."""

    def __init__(self, address: str) -> None:
        """`address` is that of the API."""
        parts = urlsplit(address)
        self.address = address
        self._prefix = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)

    def send(self, request: Request) -> Answer:
        """The answer; asks once more where the server had closed a connection that was idle."""
        for attempt in range(2):
            try:
                return self._send(request)
            except (http.client.HTTPException, OSError) as error:
                self._connection.close()
                if attempt or isinstance(error, TimeoutError):
                    return Answer(0, {}, repr(error).encode())
        raise AssertionError

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def _send(self, request: Request) -> Answer:
        headers = dict(request.headers)
        if request.payload is not None and "content-type" not in {name.lower() for name in headers}:
            headers["content-type"] = JSON
        self._connection.request(request.method, self._prefix + request.target, request.payload, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(
            answer.status, told, gzip.decompress(content) if told.get("content-encoding") == "gzip" else content
        )


def _each(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _quoted(value: str) -> str:
    return quote(value, safe="", errors="surrogatepass")


def _quoted_pair(value: Any, *rest: Any) -> str:
    return _quoted(value if isinstance(value, str) else json.dumps(value, default=str))

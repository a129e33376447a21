"""Carries out one case against one server and writes down every request with its answer."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

# What a header says matters where a client reads it.
HEADERS = ("content-type", "retry-after", "content-disposition", "allow", "location", "www-authenticate")
WAIT_SECONDS = 30.0
WAIT_STEP = 0.15


@dataclass
class Answer:
    """What the server said; indexing reaches into the JSON body."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def id(self) -> str:
        """The id of the object in the body."""
        return self.body["id"]

    def __getitem__(self, key: str | int) -> Any:
        """Reaches into the JSON body."""
        return self.body[key]

    def __len__(self) -> int:
        """The number of items of a list answer."""
        return len(self.body)


@dataclass
class Step:
    """One request with its answer, and how the two sides' answers are to be compared."""

    method: str
    path: str
    sent: Any
    answer: Answer
    ignore: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()
    only: str = ""


@dataclass
class Recorder:
    """The server as a case sees it. Names, ids and times that it hands out are unique to the case."""

    api: str
    client: httpx.Client
    suffix: str
    anchor: datetime
    steps: list[Step] = field(default_factory=list)
    instants: set[datetime] = field(default_factory=set)

    def name(self, stem: str = "x") -> str:
        """A name that no other case uses."""
        return f"{stem}-{self.suffix}"

    def uuid(self, number: int = 0) -> str:
        """An id that no other case uses; the same number gives the same id."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.suffix}/{number}"))

    def at(self, **delta: float) -> str:
        """A time relative to the start of the case (`hours=-1`), the same instant on both sides."""
        moment = self.anchor + timedelta(**delta)
        self.instants.add(moment)
        return moment.isoformat().replace("+00:00", "Z")

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        **compare: Any,
    ) -> Answer:
        """One request. `raw` is sent as it is; `compare` may hold `ignore`, `unordered` (paths like `$.results`) and
        `only` ("status": the body is not compared)."""
        answer = self._ask(method, path, body, raw, headers)
        sent = raw.decode(errors="replace")[:300] if raw is not None else body
        self.steps.append(Step(method, path, sent, answer, **compare))
        return answer

    def get(self, path: str, **options: Any) -> Answer:
        """A GET request."""
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        """A POST request."""
        return self.send("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        """A PATCH request."""
        return self.send("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        """A DELETE request."""
        return self.send("DELETE", path, **options)

    def until(
        self, enough: Callable[[Answer], object], method: str, path: str, body: Any = None, **options: Any
    ) -> Answer:
        """Asks again and again until the answer is enough (or the time is up); only the last answer is compared."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            answer = self._ask(method, path, body, None, None)
            if enough(answer) or time.monotonic() > deadline:
                self.steps.append(Step(method, path, body, answer, **options))
                return answer
            time.sleep(WAIT_STEP)

    def _ask(self, method: str, path: str, body: Any, raw: bytes | None, headers: dict[str, str] | None) -> Answer:
        content = raw
        sent = dict(headers or {})
        if raw is None and body is not None:
            content = json.dumps(body).encode()
        if content is not None and not any(k.lower() == "content-type" for k in sent):
            sent["content-type"] = "application/json"
        got = self._request(method, self.api + path, content, sent)
        kept = {k: got.headers[k] for k in HEADERS if k in got.headers}
        parsed: Any = got.text
        if got.content and kept.get("content-type", "").startswith("application/json"):
            parsed = got.json()
        return Answer(got.status_code, kept, parsed)

    def _request(self, method: str, url: str, content: bytes | None, headers: dict[str, str]) -> httpx.Response:
        try:
            return self.client.request(method, url, content=content, headers=headers, follow_redirects=True)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            # The peer drops the connection some time after it has answered 500, so this request never reached it.
            return self.client.request(method, url, content=content, headers=headers)

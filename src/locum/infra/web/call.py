"""What a handler is given about one request, and what it may answer."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncGenerator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from locum.domain.clock import Clock
from locum.infra.db import Db

Scope = MutableMapping[str, Any]

_USER_AGENT = re.compile(rb"^prefect/(\d+\.\d+\.\d+(?:[a-z.+0-9]+)?) \(API [^\s)]+\)$")


@dataclass(frozen=True)
class Services:
    """What the process hands down to every request; `settings` is the process's own, `hubs` what features share.

    A hub is an object that a feature's sockets and commands share within a process, under the feature's name.
    """

    db: Db
    settings: Any
    clock: Clock
    hubs: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Call:
    """One request: its headers, when it came, and the process's services."""

    __slots__ = ("headers", "now", "scope", "services")

    def __init__(self, scope: Scope, services: Services, headers: Mapping[bytes, bytes] | None = None) -> None:
        """Note the time of arrival, which is `now` for everything that the request does."""
        self.scope = scope
        self.services = services
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"]) if headers is None else headers
        self.now: datetime = services.clock()

    @property
    def settings(self) -> Any:
        """The process's settings."""
        return self.services.settings

    def header(self, name: bytes) -> bytes | None:
        """The header of that (lower case) name."""
        return self.headers.get(name)

    @property
    def client_version(self) -> str | None:
        """The version of the Prefect client that asks, if it is one: `3.9.1`."""
        return client_version(self.header(b"user-agent"))

    @property
    def api_version(self) -> tuple[int, int, int] | None:
        """The API version that the request names, once it was found to be well formed."""
        header = self.header(b"x-prefect-api-version")
        if not header:
            return None
        major, minor, patch = header.split(b".")
        return int(major), int(minor), int(patch)

    @property
    def created_by(self) -> dict[str, Any] | None:
        """Who is behind the request, where an automation says so in its headers; None otherwise."""
        identity, name = self.header(b"prefect-automation-id"), self.header(b"prefect-automation-name")
        if not identity or not name:
            return None
        try:
            shown = b64decode(name, validate=True).decode()
            owner = UUID(identity.decode())
        except (Base64Error, ValueError):
            return None
        return {"id": str(owner), "type": "AUTOMATION", "display_value": shown} if shown else None


def client_version(user_agent: bytes | None) -> str | None:
    """The version in a Prefect client's user agent; None for anybody else's."""
    found = _USER_AGENT.match(user_agent or b"")
    return found[1].decode() if found else None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with a status or headers of its own; `body` is JSON text unless `content_type` says otherwise."""

    body: bytes | str = b""
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = b"application/json"


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer too large to be held at once: its pieces are made as the client takes them."""

    pieces: AsyncGenerator[bytes]
    content_type: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


def reply_json(value: Any, status: int = 200) -> Reply:
    """A Python value as a JSON answer."""
    return Reply(orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS), status)

"""One operation: a method, a path, a handler, and what the OpenAPI document says of it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from locum.infra.web.arguments import Signature
from locum.infra.web.call import Reply, Stream

Answer = Reply | Stream | bytes | str | None
Handler = Callable[..., Awaitable[Answer]]

_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True)
class Operation:
    """An HTTP operation, as features list them.

    The handler's arguments are bound by name and type: `Call`, `Db` (each statement alone) or `Tx` (one transaction,
    which the edge commits before it answers, and runs anew on a serialization failure), path arguments, `body`, and the
    rest from the query. It answers with JSON text, a `Reply`, a `Stream`, or None for an empty body.

    `returns` is the type of the answer, for the document only (`Any` for one of no fixed form, None for no content).
    `keeps_nul` strips NUL characters from the body where losing the whole of it would be worse (logs, events);
    elsewhere they are refused. `versioned` operations check the API version.
    """

    method: str
    path: str
    handler: Handler
    tag: str | tuple[str, ...] = ()
    status: int = 200
    returns: Any = None
    summary: str = ""
    keeps_nul: bool = False
    versioned: bool = True
    documented: bool = True
    deprecated: bool = False
    path_names: tuple[str, ...] = field(init=False)
    signature: Signature = field(init=False)

    def __post_init__(self) -> None:
        """Read the handler's signature."""
        names = tuple(name for name, _ in _PARAMETER.findall(self.path))
        object.__setattr__(self, "path_names", names)
        object.__setattr__(self, "signature", Signature(self.handler, names))

    @property
    def operation_id(self) -> str:
        """The id in the document: handler, path and method, as the peer forms it."""
        return re.sub(r"\W", "_", f"{self.handler.__name__}{self.shown_path}") + "_" + self.method.lower()

    @property
    def shown_path(self) -> str:
        """The path as the document shows it."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def uuid_names(self) -> frozenset[str]:
        """Path arguments that must look like a UUID for the path to match at all."""
        return frozenset(p.name for p in self.signature.parameters if p.place == "path" and p.bare is UUID)


@dataclass(frozen=True)
class Socket:
    """A websocket operation: `handler(websocket, call, **path arguments)` runs until either side closes."""

    path: str
    handler: Callable[..., Awaitable[None]]
    subprotocols: tuple[str, ...] = ()
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Make a pattern of the path."""
        object.__setattr__(self, "pattern", re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", self.path)))

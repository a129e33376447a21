"""The ASGI application: one request from its head to its answer, and one websocket from handshake to close."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from time import perf_counter
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from locum.domain.errors import DomainError
from locum.domain.ids import new_id
from locum.infra.db import Tx
from locum.infra.web.access import Guard
from locum.infra.web.bodies import RequestInvalid, is_json
from locum.infra.web.body import Disconnected, Receive, Send, compress, read_body, send_pieces, without_nul
from locum.infra.web.call import Call, Reply, Scope, Services, Stream
from locum.infra.web.cors import Cors
from locum.infra.web.errors import INTERNAL, NOT_FOUND, method_not_allowed, reply_to, reply_to_invalid
from locum.infra.web.forgery import ForgeryGuard
from locum.infra.web.measures import Measures
from locum.infra.web.openapi import openapi
from locum.infra.web.operation import Answer, Operation, Socket
from locum.infra.web.routing import Routes
from locum.infra.web.versions import check_version

logger = logging.getLogger("locum.web")

Headers = Mapping[bytes, bytes]

_JSON = (b"content-type", b"application/json")
_VARY = (b"vary", b"Accept-Encoding")
_GZIP = (b"content-encoding", b"gzip")
_METRICS = b"text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_NO_CONTENT = 204
_NOT_FOUND_CLOSE = 1000
_GOING_AWAY = 1012


class Application:
    """Serves operations and sockets under `prefix`, `/metrics` beside it, and the OpenAPI document in both places."""

    def __init__(
        self,
        operations: Sequence[Operation],
        sockets: Sequence[Socket],
        services: Services,
        *,
        prefix: str = "/api",
        body_limit: int = 5 * 1024 * 1024,
        gzip_minimum: int = 500,
        cors: Cors | None = None,
        guard: Guard | None = None,
        forgery_guard: ForgeryGuard | None = None,
    ) -> None:
        """Sizes are in bytes; `services` is handed to every handler."""
        self._operations = operations
        self._routes = Routes(operations)
        self._sockets = sockets
        self._services = services
        self._prefix = prefix
        self._body_limit = body_limit
        self._gzip_minimum = gzip_minimum
        self._cors = cors or Cors()
        self._guard = guard
        self._forgery_guard = forgery_guard
        self._document: bytes | None = None
        # unique among processes and cheaper than a fresh id per request
        self._run = new_id().hex[:20].encode()
        self._numbers = count(1)
        self.measures = Measures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI asks."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        headers: Headers = dict(scope["headers"])
        method: str = scope["method"]
        route, status = "unknown", 200
        answer: Answer
        try:
            below = self._below(scope["path"])
            if self._guard is not None and method != "OPTIONS":
                self._guard.check(method, below, headers)
            if self._forgery_guard is not None:
                await self._forgery_guard.check(method, headers)
            operation, path, allowed = self._routes.find(method, below)
            if operation is not None:
                route, status = operation.path, operation.status
                answer = await self._answer(operation, path, scope, receive, headers)
            elif method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers:
                answer = self._cors.preflight(headers[b"origin"], headers)
            else:
                answer = method_not_allowed(allowed) if allowed else await self._page(method, scope["path"])
        except Disconnected:
            return
        except RequestInvalid as error:
            answer = reply_to_invalid(error)
        except DomainError as error:
            answer = reply_to(error)
        except Exception:
            logger.exception("request failed: %s %s", method, route)
            answer = INTERNAL
        if isinstance(answer, Stream):
            await self._stream(answer, headers, receive, send)
        else:
            status = await self._send(answer, status, headers, send)
        self.measures.observe(method if method in _METHODS else "other", route, status, perf_counter() - began)

    def _below(self, path: str) -> str:
        """The path under the prefix, or one that nothing answers."""
        prefix = self._prefix
        return path[len(prefix) :] if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] == "/" else "?"

    async def _answer(
        self, operation: Operation, path: Mapping[str, str], scope: Scope, receive: Receive, headers: Headers
    ) -> Answer:
        signature = operation.signature
        ignored = None
        if operation.versioned and check_version(headers.get(b"x-prefect-api-version"), headers.get(b"user-agent")):
            ignored = self.measures.newer_client
        if signature.body is not None:
            body = await read_body(receive, headers.get(b"content-length"), self._body_limit)
            body = without_nul(body, strip=operation.keeps_nul)
            as_json = is_json(headers.get(b"content-type"))
            context = self._services.settings
            arguments = signature.bind(
                path, scope["query_string"], body, headers, as_json=as_json, ignored=ignored, context=context
            )
        elif signature.parameters:
            arguments = signature.bind(path, scope["query_string"], b"", headers)
        else:
            arguments = {}
        if signature.wants_call:
            arguments[signature.wants_call] = Call(scope, self._services, headers)
        if signature.wants_db:
            arguments[signature.wants_db] = self._services.db
        elif signature.wants_tx:
            return await self._in_transaction(operation, arguments, signature.wants_tx)
        return await operation.handler(**arguments)

    async def _in_transaction(self, operation: Operation, arguments: dict[str, Any], name: str) -> Answer:
        async def work(tx: Tx) -> Answer:
            return await operation.handler(**arguments, **{name: tx})

        return await self._services.db.transact(work)

    async def _page(self, method: str, path: str) -> Reply:
        """What is served beside the operations."""
        if method != "GET":
            return NOT_FOUND
        if path == "/metrics":
            return Reply(self.measures.page(), content_type=_METRICS)
        if path in ("/openapi.json", f"{self._prefix}/openapi.json"):
            if self._document is None:
                self._document = await asyncio.to_thread(self._written)
            return Reply(self._document)
        return NOT_FOUND

    def _written(self) -> bytes:
        return orjson.dumps(openapi(self._operations))

    async def _send(self, answer: Reply | bytes | str | None, status: int, request: Headers, send: Send) -> int:
        extra: Sequence[tuple[bytes, bytes]] = ()
        kind = _JSON
        if isinstance(answer, Reply):
            status, extra = answer.status, answer.headers
            kind = (b"content-type", answer.content_type)
            answer = answer.body
        body = answer.encode() if isinstance(answer, str) else answer or b""
        if status == _NO_CONTENT:
            body = b""
        headers = [self._request_id(), *extra]
        if body:
            headers.append(kind)
            if len(body) >= self._gzip_minimum:
                headers.append(_VARY)
                if b"gzip" in request.get(b"accept-encoding", b""):
                    body = compress(body)
                    headers.append(_GZIP)
        if status != _NO_CONTENT:
            headers.append((b"content-length", b"%d" % len(body)))
        if b"origin" in request:
            headers += self._cors.answered(request[b"origin"])
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return status

    async def _stream(self, answer: Stream, request: Headers, receive: Receive, send: Send) -> None:
        headers = [self._request_id(), *answer.headers, (b"content-type", answer.content_type), _VARY]
        gzip = b"gzip" in request.get(b"accept-encoding", b"")
        if gzip:
            headers.append(_GZIP)
        if b"origin" in request:
            headers += self._cors.answered(request[b"origin"])
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            await send_pieces(answer.pieces, receive, send, gzip=gzip)
        except Exception:
            logger.exception("an answer was broken off")

    def _request_id(self) -> tuple[bytes, bytes]:
        return b"x-request-id", b"%b-%d" % (self._run, next(self._numbers))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        below = self._below(scope["path"]).rstrip("/")
        matches = ((socket, socket.pattern.fullmatch(below)) for socket in self._sockets)
        socket, found = next((match for match in matches if match[1]), (None, None))
        if socket is None or found is None:
            await websocket.close(_NOT_FOUND_CLOSE)
            return
        try:
            await socket.handler(websocket, Call(scope, self._services), **found.groupdict())
        except WebSocketDisconnect:
            return  # the client went while it was told something
        except Exception:
            logger.exception("websocket failed: %s", socket.path)
            with suppress(OSError):
                await send({"type": "websocket.close", "code": _GOING_AWAY, "reason": ""})

"""The ASGI application: one request from its head to its answer, and one websocket from handshake to close."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.websockets import WebSocket

from locum.domain.errors import DomainError
from locum.domain.ids import new_id
from locum.infra.db import Tx
from locum.infra.web.arguments import RequestInvalid
from locum.infra.web.body import Disconnected, Receive, Send, accepts_gzip, compress, read_body, without_nul
from locum.infra.web.call import Call, Reply, Scope, Services
from locum.infra.web.errors import INTERNAL, NOT_FOUND, method_not_allowed, reply_to, reply_to_invalid
from locum.infra.web.measures import Measures
from locum.infra.web.operation import Answer, Operation, Socket
from locum.infra.web.routing import Routes
from locum.infra.web.versions import check_version

logger = logging.getLogger("locum.web")

_VARY = (b"vary", b"Accept-Encoding")
_GZIP = (b"content-encoding", b"gzip")
_GOING_AWAY = 1012


class Application:
    """Serves operations and sockets under `prefix`, and `/metrics` beside it."""

    def __init__(
        self,
        operations: Sequence[Operation],
        sockets: Sequence[Socket],
        services: Services,
        *,
        prefix: str = "/api",
        body_limit: int = 5 * 1024 * 1024,
        gzip_minimum: int = 500,
    ) -> None:
        """Sizes are in bytes; `services` is handed to every handler."""
        self._routes = Routes(operations)
        self._sockets: Mapping[str, Socket] = {socket.path.rstrip("/"): socket for socket in sockets}
        self._services = services
        self._prefix = prefix
        self._body_limit = body_limit
        self._gzip_minimum = gzip_minimum
        self.measures = Measures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI asks."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        method: str = scope["method"]
        route = "unknown"
        path: str = scope["path"]
        request_id = new_id().hex
        try:
            if path == "/metrics":
                reply = Reply(self.measures.page(), content_type=b"text/plain; version=0.0.4; charset=utf-8")
            elif path.startswith(self._prefix):
                match = self._routes.find(method, path[len(self._prefix) :])
                if match.operation is not None:
                    route = match.operation.path
                    reply = await self._answer(match.operation, match.path, scope, receive)
                else:
                    reply = method_not_allowed(match.allowed) if match.allowed else NOT_FOUND
            else:
                reply = NOT_FOUND
        except Disconnected:
            return
        except RequestInvalid as error:
            reply = reply_to_invalid(error)
        except DomainError as error:
            reply = reply_to(error)
        except Exception:
            logger.exception("request failed", extra={"request_id": request_id, "method": method, "route": route})
            reply = INTERNAL
        await self._send(reply, scope, send, request_id)
        self.measures.observe(method, route, reply.status, time.perf_counter() - began)

    async def _answer(self, operation: Operation, path: Mapping[str, str], scope: Scope, receive: Receive) -> Reply:
        call = Call(scope, self._services)
        lenient = operation.versioned and check_version(call)
        if lenient:
            self.measures.newer_client()
        signature = operation.signature
        body = b""
        if signature.body is not None:
            body = await read_body(receive, scope["headers"], self._body_limit)
            body = without_nul(body, strip=operation.keeps_nul)
        arguments = signature.bind(path, scope["query_string"], body, scope["headers"], lenient=lenient)
        if signature.wants_call:
            arguments[signature.wants_call] = call
        if signature.wants_db:
            arguments[signature.wants_db] = self._services.db
        if signature.wants_tx:
            answer = await self._in_transaction(operation, arguments, signature.wants_tx)
        else:
            answer = await operation.handler(**arguments)
        if isinstance(answer, Reply):
            return answer
        return Reply(answer or b"", operation.status)

    async def _in_transaction(self, operation: Operation, arguments: dict[str, Any], name: str) -> Answer:
        async def work(tx: Tx) -> Answer:
            return await operation.handler(**arguments, **{name: tx})

        return await self._services.db.transact(work)

    async def _send(self, reply: Reply, scope: Scope, send: Send, request_id: str) -> None:
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        headers = [(b"content-type", reply.content_type), (b"x-request-id", request_id.encode()), *reply.headers]
        if len(body) >= self._gzip_minimum:
            headers.append(_VARY)
            if accepts_gzip(scope["headers"]):
                body = compress(body)
                headers.append(_GZIP)
        if not body:
            headers = headers[1:]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        path: str = scope["path"]
        socket = self._sockets.get(path.removeprefix(self._prefix).rstrip("/"))
        if socket is None or not path.startswith(self._prefix):
            await websocket.close(1000)
            return
        try:
            await socket.handler(websocket, Call(scope, self._services))
        except Exception:
            logger.exception("websocket failed", extra={"route": socket.path})
            await send({"type": "websocket.close", "code": _GOING_AWAY, "reason": ""})

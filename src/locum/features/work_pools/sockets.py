"""The websocket of workers: signs of life in, news of the pool and what is to be cleaned up out."""

import asyncio
import logging
from datetime import datetime
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from locum.domain.errors import DomainError
from locum.features.work_pools.channel import frames
from locum.features.work_pools.channel.frames import (
    CLOSE_CODES,
    AckFrame,
    Closing,
    Frame,
    HeartbeatFrame,
    HelloFrame,
    ReleaseFrame,
    RenewFrame,
)
from locum.features.work_pools.channel.watch import Channel, PoolWatch
from locum.features.work_pools.commands import channels, cleanups
from locum.features.work_pools.store import watching
from locum.infra.db import Db
from locum.infra.settings.server import WorkerChannelSettings
from locum.infra.web import Call, Socket
from locum.infra.web.inbox import accept_client

logger = logging.getLogger("locum.work_pools")

_OPERATIONS: dict[type, cleanups.Operation] = {AckFrame: "ack", ReleaseFrame: "release", RenewFrame: "renew"}


async def worker_channel_connect(websocket: WebSocket, call: Call, work_pool_name: str) -> None:
    """Let a worker in and keep it informed, until either side closes."""
    if not await accept_client(websocket, call, only_reason="authentication_failed"):
        return
    try:
        await _serve(websocket, call, work_pool_name)
    except Closing as closing:
        await websocket.close(CLOSE_CODES[closing.reason], reason=closing.reason)
    except DomainError as error:
        logger.warning("a worker's channel was closed", extra={"reason": error.detail})
        await websocket.close(CLOSE_CODES["transient_server_error"], reason="transient_server_error")
    except (WebSocketDisconnect, OSError):
        return


async def _serve(websocket: WebSocket, call: Call, pool_name: str) -> None:
    first = await _receive(websocket)
    if not isinstance(first, HelloFrame):
        raise Closing("protocol_error")
    now, db = call.services.clock(), call.services.db
    cipher = call.services.hubs["blocks"]
    welcome = await channels.welcome(db, cipher, pool_name, first.payload, now)
    await websocket.send_text(frames.write("worker.ready.v1", now, **welcome.payload))
    channel = Channel(first.payload, welcome.pool, welcome.queue_ids)
    talk = _Talk(websocket, call, pool_name, channel)
    watch: PoolWatch = call.services.hubs["work_pools"]
    async with watch.watching(channel):
        await _until_one_ends(talk.hear(), talk.tell())


async def _until_one_ends(*parts: Any) -> None:
    """Run all until one ends; what it raised is raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _receive(websocket: WebSocket) -> Frame:
    """The worker's next frame. Raises Closing where it is none, WebSocketDisconnect where the worker is gone."""
    message = await websocket.receive()
    if message["type"] != "websocket.receive":
        raise WebSocketDisconnect(message.get("code", 1005), message.get("reason"))
    text: str | None = message.get("text")
    return frames.read(message["bytes"] if text is None else text)


class _Talk:
    """Both directions of one channel."""

    def __init__(self, websocket: WebSocket, call: Call, pool_name: str, channel: Channel) -> None:
        self._websocket = websocket
        self._pool_name = pool_name
        self._channel = channel
        self._hello = channel.hello
        self._db: Db = call.services.db
        self._clock = call.services.clock
        self._settings: WorkerChannelSettings = call.settings.worker_channel
        self._sequence = 1
        self._sending = asyncio.Lock()

    async def hear(self) -> None:
        """Deal with what the worker sends. Raises Closing."""
        while True:
            frame = await _receive(self._websocket)
            if isinstance(frame, HelloFrame):
                raise Closing("protocol_error")
            if isinstance(frame, HeartbeatFrame):
                await self._beat(frame)
            else:
                await self._settle(frame)

    async def tell(self) -> None:
        """Send what there is to tell. Raises Closing."""
        while True:
            await self._channel.news()
            if self._channel.gone:
                raise Closing("authorization_failed")
            if self._channel.reason is not None:
                await self._tell_of_pool(self._channel.reason)
            if self._channel.cleanup is not None:
                await self._ask_to_clean_up(of_any_queue=self._channel.cleanup)

    async def _beat(self, frame: HeartbeatFrame) -> None:
        beat = frame.payload
        if (beat.consumer_id, beat.worker_name) != (self._hello.consumer_id, self._hello.worker_name):
            raise Closing("protocol_error")
        await channels.beat(self._db, self._pool_name, beat.worker_name, beat.heartbeat_interval_seconds, self._clock())
        pools = await watching.watched(self._db, [self._channel.pool_id])
        if pool := pools.get(self._channel.pool_id):
            self._channel.reconcile(pool["updated"])

    async def _tell_of_pool(self, reason: str) -> None:
        pool = await watching.snapshot(self._db, self._pool_name)
        if pool is None or pool["id"] != self._channel.pool_id:
            raise Closing("authorization_failed")
        self._channel.told(pool)
        self._sequence += 1
        await self._send("work_pool.snapshot.v1", **channels.told(pool, self._sequence, reason))

    async def _ask_to_clean_up(self, *, of_any_queue: bool) -> None:
        self._channel.cleanup = None
        while message := await cleanups.reserve(
            self._db,
            self._channel.pool_id,
            self._hello.consumer_id,
            kinds=self._hello.handled_cleanup_kinds,
            queue_ids=None if of_any_queue else self._channel.queue_ids,
            capacity=self._hello.max_cleanup_concurrency,
            settings=self._settings,
            now=self._clock(),
        ):
            await self._send(
                "cleanup.message.v1",
                message_id=message["id"],
                kind=message["kind"],
                reservation_token=message["token"],
                lease_expires_at=message["lease_expires_at"],
                delivery_count=message["delivery_count"],
                work_queue_id=message["work_queue_id"],
                target=orjson.Fragment(message["target"]),
                data={},
            )

    async def _settle(self, frame: AckFrame | ReleaseFrame | RenewFrame) -> None:
        operation = _OPERATIONS[type(frame)]
        outcome = cleanups.UNASKED
        if self._hello.cleans_up:
            outcome = await self._settled(operation, frame)
        await self._send(
            "cleanup.operation_result.v1",
            request_frame_id=frame.id,
            message_id=frame.payload.message_id,
            operation=operation,
            status=outcome.status,
            lease_expires_at=outcome.lease_expires_at,
            reason=outcome.reason,
            detail=None,
        )

    async def _settled(
        self, operation: cleanups.Operation, frame: AckFrame | ReleaseFrame | RenewFrame
    ) -> cleanups.Outcome:
        meant, now = frame.payload, self._clock()
        try:
            return await self._db.transact(
                lambda tx: cleanups.settle(
                    tx,
                    self._channel.pool_id,
                    operation,
                    meant.message_id,
                    meant.reservation_token,
                    settings=self._settings,
                    now=now,
                )
            )
        except DomainError as error:
            logger.warning("a message could not be settled", extra={"reason": error.detail})
            return cleanups.Outcome("error", "cleanup_queue_operation_failed")

    async def _send(self, kind: str, /, **payload: Any) -> None:
        now: datetime = self._clock()
        async with self._sending:
            await self._websocket.send_text(frames.write(kind, now, **payload))


SOCKETS = (Socket("/work_pools/{work_pool_name}/workers/connect", worker_channel_connect, subprotocols=("prefect",)),)

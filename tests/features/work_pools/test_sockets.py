"""The worker channel, through a real server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import func, select, update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.features.dispatch.loops import CancellingTimeouts, CleanupReconciler
from locum.infra.db import Db
from locum.infra.settings import Settings
from locum.infra.settings.server import WorkerChannelSettings
from locum.tables.flow_runs import flow_run
from locum.tables.work_pools import worker_cleanup
from tests.factories.runs import a_flow, a_pool, a_queue, a_run
from tests.serving import serving

CONSUMER = str(new_id())
NEEDED = ["worker_heartbeat.v1", "work_pool_snapshot.v1"]
TEMPLATE: dict[str, Any] = {
    "job_configuration": {"command": "{{ command }}"},
    "variables": {"properties": {"command": {}}},
}
CLEANS_UP = {
    "requested_capabilities": [*NEEDED, "cleanup_delivery.v1"],
    "handled_cleanup_kinds": ["cancelling_timeout_teardown.v1"],
}


def _http(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api", verify=False)


def _frame(kind: str, **payload: Any) -> str:
    return orjson.dumps({"type": kind, "id": str(new_id()), "sent_at": now(), "payload": payload}).decode()


def _hello(**more: Any) -> str:
    given = {
        "consumer_id": CONSUMER,
        "worker_name": "mine",
        "worker_type": "process",
        "heartbeat_interval_seconds": 30,
        "supported_channel_versions": ["work_pool_worker_channel.v1"],
        "requested_capabilities": NEEDED,
    }
    return _frame("worker.hello.v1", **{**given, **more})


def _beat(**more: Any) -> str:
    given = {"consumer_id": CONSUMER, "worker_name": "mine", "heartbeat_interval_seconds": 30}
    return _frame("worker.heartbeat.v1", **{**given, **more})


@asynccontextmanager
async def _connected(port: int, pool: str, token: str | None = None) -> AsyncGenerator[ClientConnection]:
    url = f"ws://127.0.0.1:{port}/api/work_pools/{pool}/workers/connect"
    async with connect(url, subprotocols=[Subprotocol("prefect")]) as client:
        await client.send(orjson.dumps({"type": "auth", "token": token}).decode())
        yield client


async def _received(client: ClientConnection, kind: str) -> dict[str, Any]:
    frame = orjson.loads(await asyncio.wait_for(client.recv(), 5))
    assert frame["type"] == kind
    return frame["payload"]


@asynccontextmanager
async def _ready(port: int, pool: str, **hello: Any) -> AsyncGenerator[tuple[ClientConnection, dict[str, Any]]]:
    async with _connected(port, pool) as client:
        assert orjson.loads(await client.recv()) == {"type": "auth_success"}
        await client.send(_hello(**hello))
        yield client, await _received(client, "worker.ready.v1")


async def _closed(client: ClientConnection) -> tuple[int, str]:
    await asyncio.wait_for(client.wait_closed(), 5)
    assert client.close_code is not None
    return client.close_code, client.close_reason or ""


class TestSetup:
    async def test_a_worker_makes_its_pool_and_is_online(self, settings: Settings, own_db: Db):
        new = {"create_pool_if_not_found": True, "default_base_job_template": TEMPLATE}
        async with serving(settings, own_db) as port, _http(port) as http, _ready(port, "p", **new) as (_, ready):
            told = ready.pop("initial_snapshot")
            pool = (await http.get("/work_pools/p")).json()
            assert told == {"snapshot_sequence": 1, "reason": "initial", "work_pool": pool}
            assert (pool["base_job_template"], pool["status"], pool["type"]) == (TEMPLATE, "READY", "process")
            assert ready == {
                "consumer_id": CONSUMER,
                "worker_id": None,
                "selected_channel_version": "work_pool_worker_channel.v1",
                "effective_heartbeat_interval_seconds": 30,
                "accepted_capabilities": NEEDED,
                "rejected_capabilities": [],
                "effective_max_cleanup_concurrency": 0,
                "resolved_work_queues": [{"id": pool["default_queue_id"], "name": "default"}],
            }
            (worker,) = (await http.post("/work_pools/p/workers/filter", json={})).json()
            assert (worker["name"], worker["status"], worker["heartbeat_interval_seconds"]) == ("mine", "ONLINE", 30)

    async def test_a_pool_without_template_takes_the_workers(self, settings: Settings, own_db: Db):
        await a_pool(own_db, name="p")
        async with (
            serving(settings, own_db) as port,
            _ready(port, "p", default_base_job_template=TEMPLATE) as (_, said),
        ):
            assert said["initial_snapshot"]["work_pool"]["base_job_template"] == TEMPLATE

    async def test_a_template_whose_block_is_missing(self, settings: Settings, own_db: Db):
        default = {"$ref": {"block_document_id": str(new_id())}}
        template = {**TEMPLATE, "variables": {"properties": {"command": {"type": "object", "default": default}}}}
        await a_pool(own_db, name="p")
        async with serving(settings, own_db) as port:
            for pool in ("p", "new"):
                async with _connected(port, pool) as client:
                    await client.recv()
                    await client.send(_hello(create_pool_if_not_found=True, default_base_job_template=template))
                    assert await _closed(client) == (1002, "protocol_error")

    async def test_what_it_can_do_besides(self, settings: Settings, own_db: Db):
        pool_id = await a_pool(own_db, name="p")
        wanted = [await a_queue(own_db, pool_id, name=name) for name in ("a", "b", "c")]
        asked = {**CLEANS_UP, "requested_capabilities": [*CLEANS_UP["requested_capabilities"], "new.v7", "new.v7"]}
        async with (
            serving(settings, own_db) as port,
            _ready(port, "p", **asked, work_queue_names=["a", "c", "a"]) as (_, ready),
        ):
            assert ready["accepted_capabilities"] == [*NEEDED, "cleanup_delivery.v1"]
            assert ready["rejected_capabilities"] == ["new.v7"]
            assert ready["effective_max_cleanup_concurrency"] == 1
            assert [queue["id"] for queue in ready["resolved_work_queues"]] == [str(wanted[0]), str(wanted[2])]

    @pytest.mark.parametrize(
        ("pool", "message", "expected"),
        [
            ("none", _hello(), (1008, "authorization_failed")),
            ("none", _hello(create_pool_if_not_found=True, work_queue_names=["x"]), (1008, "authorization_failed")),
            ("prefect-x", _hello(create_pool_if_not_found=True), (1008, "authorization_failed")),
            ("p", _hello(work_queue_names=["x"]), (1008, "authorization_failed")),
            ("p", _hello(supported_channel_versions=["v2"]), (1008, "unsupported_version")),
            ("p", _hello(requested_capabilities=NEEDED[:1]), (1002, "protocol_error")),
            ("p", _hello(**CLEANS_UP, max_cleanup_concurrency=2**31), (1002, "protocol_error")),
            ("p", _hello(handled_cleanup_kinds=["cancelling_timeout_teardown.v1"]), (1002, "protocol_error")),
            ("p", _hello(unknown=1), (1002, "protocol_error")),
            ("p", _hello(worker_name="a\0b"), (1002, "protocol_error")),
            ("p", _hello(heartbeat_interval_seconds=2**40), (1002, "protocol_error")),
            ("p", _beat(), (1002, "protocol_error")),
            ("p", "{", (1002, "protocol_error")),
            ("p", "[" * 100_000, (1002, "protocol_error")),
            ("p", b"\xff", (1002, "protocol_error")),
        ],
    )
    async def test_who_is_turned_away(
        self, settings: Settings, db: Db, pool: str, message: str | bytes, expected: tuple[int, str]
    ):
        await a_pool(db, name="p")
        async with serving(settings, db) as port, _connected(port, pool) as client:
            await client.recv()
            await client.send(message)
            assert await _closed(client) == expected

    async def test_who_says_nothing_of_the_subprotocol(self, settings: Settings, db: Db):
        async with serving(settings, db) as port:
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{port}/api/work_pools/p/workers/connect")
            assert refused.value.response.status_code == 403

    @pytest.mark.parametrize("token", [None, "wrong"])
    async def test_who_has_no_right(self, settings: Settings, db: Db, token: str | None):
        secret = {"auth_string": "user:right"}
        api = type(settings.api).model_validate({**settings.api.model_dump(), **secret})
        guarded = settings.model_copy(update={"api": api})
        async with serving(guarded, db) as port, _connected(port, "p", token) as client:
            assert await _closed(client) == (1008, "authentication_failed")


class TestNewsOfThePool:
    async def test_at_once_and_with_the_next_heartbeat(self, settings: Settings, own_db: Db):
        await a_pool(own_db, name="p")
        async with serving(settings, own_db) as port, _http(port) as http, _ready(port, "p") as (client, _):
            await http.patch("/work_pools/p", json={"description": "told later"})
            await http.patch("/work_pools/p", json={"concurrency_limit": 7})
            told = await _received(client, "work_pool.snapshot.v1")
            assert (told["snapshot_sequence"], told["reason"]) == (2, "work_pool_updated")
            assert told["work_pool"] == (await http.get("/work_pools/p")).json()
            await client.send(_beat())
            await http.patch("/work_pools/p", json={"description": "told even later"})
            await client.send(_beat())
            told = await _received(client, "work_pool.snapshot.v1")
            assert (told["snapshot_sequence"], told["reason"]) == (3, "heartbeat_reconciliation")
            assert told["work_pool"]["description"] == "told even later"

    async def test_through_the_other_replica(self, settings: Settings, own_db: Db):
        await a_pool(own_db, name="p")
        async with (
            serving(settings, own_db) as one,
            serving(settings, own_db) as two,
            _http(two) as http,
            _ready(one, "p") as (client, _),
        ):
            await http.patch("/work_pools/p", json={"is_paused": True})
            assert (await _received(client, "work_pool.snapshot.v1"))["work_pool"]["is_paused"] is True

    async def test_it_is_gone(self, settings: Settings, own_db: Db):
        await a_pool(own_db, name="p")
        async with serving(settings, own_db) as port, _http(port) as http, _ready(port, "p") as (client, _):
            await http.delete("/work_pools/p")
            assert await _closed(client) == (1008, "authorization_failed")

    @pytest.mark.parametrize(
        "message", [_beat(worker_name="other"), _beat(consumer_id=str(new_id())), _hello(), "{}", '{"type": "auth"}']
    )
    async def test_who_says_what_makes_no_sense(self, settings: Settings, own_db: Db, message: str):
        await a_pool(own_db, name="p")
        async with serving(settings, own_db) as port, _ready(port, "p") as (client, _):
            await client.send(message)
            assert await _closed(client) == (1002, "protocol_error")

    async def test_the_server_stops(self, settings: Settings, own_db: Db):
        await a_pool(own_db, name="p")
        async with AsyncExitStack() as worker:
            async with serving(settings, own_db) as port:
                client, _ = await worker.enter_async_context(_ready(port, "p"))
            assert (await _closed(client))[0] == 1012


async def _stuck(db: Db, queue_id: Any = None, **columns: Any) -> str:
    """A run that has been CANCELLING for a long time; its id."""
    flow_id = await a_flow(db)
    long_ago = now() - timedelta(hours=3)
    return str(await a_run(db, flow_id, "CANCELLING", due=long_ago, work_queue_id=queue_id, **columns))


async def _time_out(db: Db) -> int:
    return (await CancellingTimeouts(timedelta(minutes=5)).run_once(db, now())).done


async def _asked(db: Db) -> int:
    return await db.value(select(func.count()).select_from(worker_cleanup))


def _settle(kind: str, message: dict[str, Any], **more: Any) -> str:
    given = {"message_id": message["message_id"], "reservation_token": message["reservation_token"]}
    return _frame(f"cleanup.{kind}.v1", **{**given, **more})


async def _settled(client: ClientConnection, frame: str) -> tuple[str, str, str | None]:
    await client.send(frame)
    result = await _received(client, "cleanup.operation_result.v1")
    assert result["request_frame_id"] == orjson.loads(frame)["id"]
    return result["operation"], result["status"], result["reason"]


class TestCleaningUp:
    async def test_a_run_that_is_not_cancelled_in_time(self, settings: Settings, own_db: Db):
        pool_id = await a_pool(own_db, name="p")
        queue_id = await a_queue(own_db, pool_id)
        run = await _stuck(own_db, queue_id, infrastructure_pid="host:1")
        async with serving(settings, own_db) as port, _ready(port, "p", **CLEANS_UP) as (client, _):
            assert await _time_out(own_db) == 1
            message = await _received(client, "cleanup.message.v1")
            assert message["target"] == {"flow_run_id": run, "infrastructure_pid": "host:1"}
            assert (message["kind"], message["delivery_count"]) == ("cancelling_timeout_teardown.v1", 1)
            assert message["work_queue_id"] == str(queue_id)
            assert await own_db.value(select(flow_run.c.state_type)) == "CANCELLED"
            assert await _settled(client, _settle("renew", message)) == ("renew", "accepted", None)
            assert await _settled(client, _settle("ack", message)) == ("ack", "accepted", None)
            assert await _settled(client, _settle("ack", message)) == ("ack", "not_found", "message_not_found")
            assert await _asked(own_db) == 0
        assert await _time_out(own_db) == 0

    async def test_nobody_is_asked_where_there_is_no_worker(self, own_db: Db):
        await _stuck(own_db)
        await _stuck(own_db, await a_queue(own_db, await a_pool(own_db, type="ecs:push")))
        assert await _time_out(own_db) == 2
        assert await _asked(own_db) == 0

    async def test_a_message_that_is_given_back_comes_again_so_often(self, settings: Settings, own_db: Db):
        await _stuck(own_db, await a_queue(own_db, await a_pool(own_db, name="p")))
        await _time_out(own_db)
        async with serving(settings, own_db) as port, _ready(port, "p", **CLEANS_UP) as (client, _):
            for number in (1, 2, 3):
                message = await _received(client, "cleanup.message.v1")
                assert message["delivery_count"] == number
                expected = ("dead_lettered", "max_delivery_attempts_reached") if number == 3 else ("accepted", None)
                frame = _settle("release", message, reason="cannot")
                assert await _settled(client, frame) == ("release", *expected)
            assert await _asked(own_db) == 0

    async def test_who_may_not_settle_it(self, settings: Settings, own_db: Db):
        await _stuck(own_db, await a_queue(own_db, await a_pool(own_db, name="p")))
        await a_pool(own_db, name="q")
        await _time_out(own_db)
        async with (
            serving(settings, own_db) as port,
            _ready(port, "p", **CLEANS_UP) as (client, _),
            _ready(port, "q", **CLEANS_UP) as (other, _),
            _ready(port, "q") as (unable, _),
        ):
            message = await _received(client, "cleanup.message.v1")
            wrong = {**message, "reservation_token": "guess"}
            assert await _settled(client, _settle("ack", wrong)) == (
                "ack",
                "invalid_token",
                "reservation_token_mismatch",
            )
            assert (await _settled(other, _settle("ack", message)))[1:] == ("unauthorized", "work_pool_mismatch")
            expected = ("unauthorized", "cleanup_delivery_not_accepted")
            assert (await _settled(unable, _settle("ack", message)))[1:] == expected

    async def test_a_lease_that_has_run_out(self, settings: Settings, own_db: Db):
        await _stuck(own_db, await a_queue(own_db, await a_pool(own_db, name="p")))
        await _time_out(own_db)
        reconciler = CleanupReconciler(WorkerChannelSettings(), 100)
        async with serving(settings, own_db) as port, _ready(port, "p", **CLEANS_UP) as (client, _):
            message = await _received(client, "cleanup.message.v1")
            assert (await reconciler.run_once(own_db, now())).done == 0
            later = now() + timedelta(minutes=1)
            await own_db.run(update(worker_cleanup).values(delivery_count=3))
            assert (await reconciler.run_once(own_db, later)).done == 1
            assert (await _settled(client, _settle("ack", message)))[1] == "not_found"

    async def test_what_nobody_came_for_is_given_up(self, own_db: Db):
        await _stuck(own_db, await a_queue(own_db, await a_pool(own_db, name="p")))
        await _time_out(own_db)
        reconciler = CleanupReconciler(WorkerChannelSettings(), 100)
        assert (await reconciler.run_once(own_db, now() + timedelta(hours=23))).done == 0
        assert (await reconciler.run_once(own_db, now() + timedelta(hours=25))).done == 1

    async def test_no_worker_gets_more_than_it_can_deal_with(self, settings: Settings, own_db: Db):
        queue_id = await a_queue(own_db, await a_pool(own_db, name="p"))
        for _ in range(5):
            await _stuck(own_db, queue_id)
        await _time_out(own_db)
        async with (
            serving(settings, own_db) as one,
            serving(settings, own_db) as two,
            _ready(one, "p", **CLEANS_UP, max_cleanup_concurrency=2) as (client, _),
            _ready(two, "p", **CLEANS_UP, consumer_id=str(new_id())) as (other, _),
        ):
            messages = [await _received(client, "cleanup.message.v1") for _ in range(2)]
            messages.append(await _received(other, "cleanup.message.v1"))
            for number in range(2):
                await _settled(client, _settle("ack", messages[number]))
                messages.append(await _received(client, "cleanup.message.v1"))
            assert len({message["message_id"] for message in messages}) == 5

    async def test_the_queues_own_worker_comes_first(self, settings: Settings, own_db: Db):
        pool_id = await a_pool(own_db, name="p")
        queue_id = await a_queue(own_db, pool_id, name="mine")
        await a_queue(own_db, pool_id, name="other")
        async with (
            serving(settings, own_db) as port,
            _ready(port, "p", **CLEANS_UP, work_queue_names=["other"], consumer_id=str(new_id())) as (other, _),
            _ready(port, "p", **CLEANS_UP, work_queue_names=["mine"]) as (mine, _),
        ):
            for _ in range(2):
                await _stuck(own_db, queue_id)
            await _time_out(own_db)
            first, second = await _received(mine, "cleanup.message.v1"), await _received(other, "cleanup.message.v1")
            assert first["message_id"] != second["message_id"]

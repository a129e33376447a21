"""Operations on the server itself."""

from typing import Any

from locum.domain.errors import Invalid, NotFound
from locum.features.admin import store
from locum.features.admin.schemas import Settings
from locum.features.admin.schemas.storage import ServerDefaultResultStorage, ServerDefaultResultStorageUpdate
from locum.infra.db import Db, Tx
from locum.infra.loop import Pulses
from locum.infra.settings import public_view
from locum.infra.web import API_VERSION, PARITY_VERSION, Answer, Call, Operation, Reply, reply_json

_NOT_READY = b'{"message":"Database is not available"}'


async def health_check() -> Answer:
    """Answer as long as the process does."""
    return b"true"


async def perform_readiness_check(call: Call, db: Db) -> Answer:
    """Answer as long as the database does, too, and no background loop of this process hangs."""
    if not await store.answers(db):
        return Reply(_NOT_READY, 503)
    pulses: Pulses | None = call.services.hubs.get("loops")
    if pulses is not None and (stuck := pulses.stuck(call.now)):
        return reply_json({"message": f"Background work hangs: {', '.join(sorted(stuck))}"}, 503)
    return b'{"message":"OK"}'


async def hello() -> Answer:
    """Wave back."""
    return '"👋"'


async def server_version() -> Answer:
    """The version of the API that this server speaks."""
    return reply_json(API_VERSION)


async def read_version() -> Answer:
    """The version of the peer that this server equals; clients compare it with their own."""
    return reply_json(PARITY_VERSION)


async def read_settings(call: Call) -> Answer:
    """The settings, secrets hidden."""
    return reply_json(public_view(call.settings))


async def read_server_default_result_storage(db: Db) -> Answer:
    """The block where results go by default, if one is set."""
    return reply_json({"default_result_storage_block_id": await store.storage(db)})


async def update_server_default_result_storage(tx: Tx, body: ServerDefaultResultStorageUpdate) -> Answer:
    """Let results go to a block by default."""
    block_id = body.default_result_storage_block_id
    can_write = await store.can_write(tx, block_id)
    if can_write is None:
        raise NotFound(f"Block document {block_id} not found.")
    if not can_write:
        raise Invalid(f"Block document {block_id} cannot be used for result storage.")
    await store.set_storage(tx, block_id)
    return reply_json({"default_result_storage_block_id": block_id})


async def clear_server_default_result_storage(db: Db) -> Answer:
    """Let results go to no block by default."""
    await store.clear_storage(db)


_STORAGE = "/admin/storage"

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/health", health_check, tag="Root", returns=bool, versioned=False),
    Operation("GET", "/ready", perform_readiness_check, tag="Root", returns=Any),
    Operation("GET", "/hello", hello, tag="Root", returns=str),
    Operation("GET", "/version", server_version, tag="Root", returns=str, versioned=False),
    Operation("GET", "/admin/version", read_version, tag="Admin", returns=str),
    Operation("GET", "/admin/settings", read_settings, tag="Admin", returns=Settings),
    Operation("GET", _STORAGE, read_server_default_result_storage, tag="Admin", returns=ServerDefaultResultStorage),
    Operation("PUT", _STORAGE, update_server_default_result_storage, tag="Admin", returns=ServerDefaultResultStorage),
    Operation("DELETE", _STORAGE, clear_server_default_result_storage, tag="Admin", status=204),
)

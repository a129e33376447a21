"""What may be done to artifacts."""

from datetime import datetime
from uuid import UUID

from locum.domain.errors import NotFound
from locum.features.artifacts import lifecycle, store
from locum.features.artifacts.schemas import ArtifactCreate
from locum.features.events.emit import emit
from locum.infra.db import Db, Tx


async def create(db: Db, body: ArtifactCreate, now: datetime) -> str:
    """Make an artifact, which becomes the latest of its key if it has one: its JSON text."""
    if body.key is None:
        return await store.insert_loose(db, body, now)

    async def keyed(tx: Tx) -> str:
        made = await store.insert_latest(tx, body, now)
        await emit(tx, lifecycle.collection_changed("created" if made["is_new"] else "updated", made, now))
        return made["json"]

    return await db.transact(keyed)


async def remove(tx: Tx, artifact_id: UUID, now: datetime) -> None:
    """Delete an artifact; the one before it becomes the latest of its key, or the key is gone. Raises NotFound."""
    collection = await store.lock_latest(tx, artifact_id)
    if collection is not None:
        left = await store.fall_back(tx, collection["key"], artifact_id)
        if left is None:
            await store.delete_latest(tx, artifact_id)
            await emit(tx, lifecycle.collection_changed("deleted", collection, now))
        else:
            await emit(tx, lifecycle.collection_changed("updated", left, now))
    if not await store.delete_one(tx, artifact_id):
        raise not_found()


def not_found() -> NotFound:
    """There is no such artifact."""
    return NotFound("Artifact not found.")

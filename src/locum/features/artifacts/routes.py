"""HTTP operations of artifacts."""

from uuid import UUID

from locum.features.artifacts import commands, store
from locum.features.artifacts.schemas import (
    Artifact,
    ArtifactCollection,
    ArtifactCreate,
    ArtifactUpdate,
    CountArtifacts,
    CountLatestArtifacts,
    FilterArtifacts,
    FilterLatestArtifacts,
)
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Operation, Reply


async def create_artifact(db: Db, call: Call, body: ArtifactCreate) -> Answer:
    """Make an artifact, which becomes the latest of its key if it has one."""
    return Reply(await commands.create(db, body, call.now), 201)


async def read_artifact(db: Db, id: UUID) -> Answer:
    """Read an artifact."""
    return _found(await store.get(db, id))


async def read_latest_artifact(db: Db, key: str) -> Answer:
    """Read the latest artifact of a key."""
    return _found(await store.get_latest(db, key))


async def read_artifacts(db: Db, call: Call, body: FilterArtifacts) -> Answer:
    """List the artifacts that the filters let through."""
    return await store.LISTING.read(db, body, body.sort, call.settings.api.default_limit)


async def read_latest_artifacts(db: Db, call: Call, body: FilterLatestArtifacts) -> Answer:
    """List the latest artifacts that the filters let through."""
    return await store.LATEST.read(db, body, body.sort, call.settings.api.default_limit)


async def count_artifacts(db: Db, body: CountArtifacts) -> Answer:
    """Count the artifacts that the filters let through."""
    return str(await store.LISTING.count(db, body.restriction()))


async def count_latest_artifacts(db: Db, body: CountLatestArtifacts) -> Answer:
    """Count the latest artifacts that the filters let through."""
    return str(await store.LATEST.count(db, body.restriction()))


async def update_artifact(db: Db, id: UUID, body: ArtifactUpdate) -> Answer:
    """Change an artifact."""
    if not await store.update_one(db, id, body):
        raise commands.not_found()


async def delete_artifact(tx: Tx, call: Call, id: UUID) -> Answer:
    """Delete an artifact; the one before it becomes the latest of its key."""
    await commands.remove(tx, id, call.now)


def _found(artifact: str | None) -> str:
    if artifact is None:
        raise commands.not_found()
    return artifact


_TAG = "Artifacts"

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/artifacts/", create_artifact, _TAG, returns=Artifact),
    Operation("GET", "/artifacts/{id}", read_artifact, _TAG, returns=Artifact),
    Operation("GET", "/artifacts/{key}/latest", read_latest_artifact, _TAG, returns=Artifact),
    Operation("POST", "/artifacts/filter", read_artifacts, _TAG, returns=list[Artifact]),
    Operation("POST", "/artifacts/latest/filter", read_latest_artifacts, _TAG, returns=list[ArtifactCollection]),
    Operation("POST", "/artifacts/count", count_artifacts, _TAG, returns=int),
    Operation("POST", "/artifacts/latest/count", count_latest_artifacts, _TAG, returns=int),
    Operation("PATCH", "/artifacts/{id}", update_artifact, _TAG, status=204),
    Operation("DELETE", "/artifacts/{id}", delete_artifact, _TAG, status=204),
)

"""Every statement about artifacts and the latest of each key."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Executable,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from locum.domain.ids import new_id
from locum.features.artifacts.schemas import ArtifactCreate, ArtifactUpdate
from locum.filters.listing import Listing
from locum.infra.db import Executor, Row, dump_json, json_object, prepare
from locum.tables.artifacts import artifact, artifact_collection
from locum.tables.base import Instant

_COMMON: dict[str, Any] = {
    "type": Text(),
    "description": Text(),
    "data": JSON(),
    "metadata_": JSON(),
    "flow_run_id": Uuid(),
    "task_run_id": Uuid(),
}


def _fields(table: Any, *more: str) -> dict[str, Any]:
    return {name: table.c[name] for name in ("id", "created", "updated", "key", *more, *_COMMON)}


PROJECTION = json_object(artifact, _fields(artifact))
LISTING = Listing(artifact, PROJECTION)
LATEST = Listing(artifact_collection, json_object(artifact_collection, _fields(artifact_collection, "latest_id")))

_KEY = bindparam("key", type_=Text)
_ID = bindparam("artifact_id", type_=Uuid)
_NOW = bindparam("now", type_=Instant)
_GIVEN = {name: bindparam(name, type_=kind) for name, kind in _COMMON.items()}
_ANNOUNCED = tuple(
    artifact_collection.c[name]
    for name in ("id", "key", "latest_id", "type", "data", "description", "flow_run_id", "task_run_id")
)
_LATEST_AS_ARTIFACT = json_object(artifact_collection, _fields(artifact_collection))

_INSERTION = (
    insert(artifact).values(id=_ID, key=_KEY, created=_NOW, updated=_NOW, **_GIVEN).returning(PROJECTION.label("json"))
)
_INSERT = prepare(_INSERTION)


def _insert_latest() -> Executable:
    made = _INSERTION.cte("made")
    upsert = insert(artifact_collection).values(
        id=bindparam("collection_id", type_=Uuid), key=_KEY, latest_id=_ID, created=_NOW, updated=_NOW, **_GIVEN
    )
    replaced = {name: upsert.excluded[name] for name in ("latest_id", "updated", *_COMMON)}
    kept = (
        upsert.on_conflict_do_update(index_elements=["key"], set_=replaced)
        .returning(*_ANNOUNCED, literal_column("(xmax = 0)", Boolean).label("is_new"))
        .cte("kept")
    )
    return select(made.c.json, *kept.c).select_from(made.join(kept, literal_column("true", Boolean)))


_INSERT_LATEST = prepare(_insert_latest())
_GET = prepare(select(PROJECTION).select_from(artifact).where(artifact.c.id == _ID))
_GET_LATEST = prepare(
    select(_LATEST_AS_ARTIFACT).select_from(artifact_collection).where(artifact_collection.c.key == _KEY)
)


def _update() -> Executable:
    kinds = {name: _COMMON[name] for name in ("data", "description", "metadata_")}

    def values(table: Any) -> dict[str, Any]:
        return {
            name: case(
                (bindparam(f"sets_{name}", type_=Boolean), bindparam(f"new_{name}", type_=kind)), else_=table.c[name]
            )
            for name, kind in kinds.items()
        } | {"updated": func.now()}

    latest = (
        update(artifact_collection)
        .where(artifact_collection.c.latest_id == _ID)
        .values(**values(artifact_collection))
        .returning(artifact_collection.c.id)
        .cte("latest")
    )
    return update(artifact).where(artifact.c.id == _ID).values(**values(artifact)).add_cte(latest)


_UPDATE = prepare(_update())
_DELETE = prepare(delete(artifact).where(artifact.c.id == _ID).returning(artifact.c.key))
_LOCK = prepare(select(*_ANNOUNCED).where(artifact_collection.c.latest_id == _ID).with_for_update())


def _fall_back() -> Executable:
    """The newest artifact left of the key becomes the latest."""
    left = (
        select(artifact)
        .where(artifact.c.key == _KEY, artifact.c.id != _ID)
        .order_by(artifact.c.created.desc(), artifact.c.id.desc())
        .limit(1)
        .subquery("latest_left")
    )
    values = {name: left.c[name] for name in ("created", "updated", *_COMMON)}
    return (
        update(artifact_collection)
        .where(artifact_collection.c.key == _KEY, left.c.key == artifact_collection.c.key)
        .values(latest_id=left.c.id, **values)
        .returning(*_ANNOUNCED)
    )


_FALL_BACK = prepare(_fall_back())
_DELETE_LATEST = prepare(delete(artifact_collection).where(artifact_collection.c.latest_id == _ID))


def _columns(body: ArtifactCreate, now: datetime) -> dict[str, Any]:
    return {
        "artifact_id": new_id(),
        "key": body.key,
        "now": now,
        "type": body.type,
        "description": body.description,
        "data": None if body.data is None else dump_json(body.data),
        "metadata_": None if body.metadata_ is None else dump_json(body.metadata_),
        "flow_run_id": body.flow_run_id,
        "task_run_id": body.task_run_id,
    }


async def insert_loose(tx: Executor, body: ArtifactCreate, now: datetime) -> str:
    """Insert an artifact without a key: its JSON text."""
    return await tx.value(_INSERT, **_columns(body, now))


async def insert_latest(tx: Executor, body: ArtifactCreate, now: datetime) -> Row:
    """Insert an artifact that is the latest of its key: its `json`, and the collection with whether it `is_new`."""
    row = await tx.row(_INSERT_LATEST, **_columns(body, now), collection_id=new_id())
    assert row is not None  # noqa: S101  (an insert returns its row)
    return row


async def get(tx: Executor, artifact_id: UUID) -> str | None:
    """One artifact as JSON text."""
    return await tx.value(_GET, artifact_id=artifact_id)


async def get_latest(tx: Executor, key: str) -> str | None:
    """The latest artifact of a key as JSON text, under the id of its collection."""
    return await tx.value(_GET_LATEST, key=key)


async def update_one(tx: Executor, artifact_id: UUID, body: ArtifactUpdate) -> bool:
    """Change what was given of an artifact, there and as the latest of its key; whether there is such an artifact."""
    given: dict[str, Any] = {f"sets_{name}": name in body.model_fields_set for name in ArtifactUpdate.model_fields}
    return bool(
        await tx.run(
            _UPDATE,
            artifact_id=artifact_id,
            new_data=None if body.data is None else dump_json(body.data),
            new_description=body.description,
            new_metadata_=None if body.metadata_ is None else dump_json(body.metadata_),
            **given,
        )
    )


async def lock_latest(tx: Executor, artifact_id: UUID) -> Row | None:
    """The collection of which the artifact is the latest, which nobody else changes until the transaction ends."""
    return await tx.row(_LOCK, artifact_id=artifact_id)


async def fall_back(tx: Executor, key: str, artifact_id: UUID) -> Row | None:
    """Make the newest other artifact the latest of the key: the collection, or None where there is no other."""
    return await tx.row(_FALL_BACK, key=key, artifact_id=artifact_id)


async def delete_latest(tx: Executor, artifact_id: UUID) -> None:
    """Delete the collection of which the artifact is the latest."""
    await tx.run(_DELETE_LATEST, artifact_id=artifact_id)


async def delete_one(tx: Executor, artifact_id: UUID) -> bool:
    """Delete an artifact; whether there was one."""
    return bool(await tx.run(_DELETE, artifact_id=artifact_id))

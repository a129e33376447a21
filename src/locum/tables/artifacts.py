"""Artifacts that runs leave behind, and for each key the latest of them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Named, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from locum.tables.base import Id, Identified, metadata


class ShownColumns(Identified):
    """Columns that an artifact and its collection have in common: the collection repeats its latest artifact's."""

    type: Named[str | None] = Column(Text)
    description: Named[str | None] = Column(Text)
    data: Named[Any] = Column(JSON, nullable=True)
    metadata_: Named[Any] = Column(JSON, nullable=True)
    flow_run_id: Named[UUID | None] = Column(Id)
    task_run_id: Named[UUID | None] = Column(Id)


class ArtifactColumns(ShownColumns):
    """Columns of `artifact`."""

    key: Named[str | None] = Column(Text)


artifact = Table("artifact", metadata, ArtifactColumns)
Index("ix_artifact__key_created", artifact.c.key, artifact.c.created)
Index("ix_artifact__flow_run_id", artifact.c.flow_run_id)
Index("ix_artifact__task_run_id", artifact.c.task_run_id)
Index("ix_artifact__created", artifact.c.created)
Index("ix_artifact__updated", artifact.c.updated)


class ArtifactCollectionColumns(ShownColumns):
    """Columns of `artifact_collection`."""

    key: Named[str] = Column(Text)
    latest_id: Named[UUID] = Column(Id)


artifact_collection = Table("artifact_collection", metadata, ArtifactCollectionColumns)
Index("uq_artifact_collection__key", artifact_collection.c.key, unique=True)
Index("ix_artifact_collection__latest_id", artifact_collection.c.latest_id)
Index("ix_artifact_collection__flow_run_id", artifact_collection.c.flow_run_id)
Index("ix_artifact_collection__created", artifact_collection.c.created)
Index("ix_artifact_collection__updated", artifact_collection.c.updated)

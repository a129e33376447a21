"""What all tables share: the metadata with its naming convention, and the columns that every resource has."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, MetaData, Named, TypedColumns, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s__%(column_0_N_name)s",
        "uq": "uq_%(table_name)s__%(column_0_N_name)s",
        "ck": "ck_%(table_name)s__%(constraint_name)s",
        "fk": "fk_%(table_name)s__%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = Uuid(as_uuid=True)
"""A UUID; those that locum makes sort by creation."""

Instant = TIMESTAMP(timezone=True)
"""A moment in UTC, to the microsecond."""


class Identified(TypedColumns):
    """Columns of every resource: an id that sorts by creation, and when it was made and last changed."""

    id: Named[UUID] = Column(Id, primary_key=True)
    created: Named[datetime] = Column(Instant, server_default=func.now())
    updated: Named[datetime] = Column(Instant, server_default=func.now())


class Labelled(TypedColumns):
    """Tags (a JSON array of strings) and labels (a JSON object of scalars)."""

    tags: Named[Any] = Column(JSONB, server_default="[]", nullable=False)
    labels: Named[Any] = Column(JSONB, server_default="{}", nullable=True)

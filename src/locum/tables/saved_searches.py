"""Saved searches: sets of filters that the UI keeps under a name."""

from typing import Any

from sqlalchemy import Column, Index, Named, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from locum.tables.base import Identified, metadata


class SavedSearchColumns(Identified):
    """Columns of `saved_search`."""

    name: Named[str] = Column(Text)
    filters: Named[Any] = Column(JSON, server_default="[]", nullable=False)


saved_search = Table("saved_search", metadata, SavedSearchColumns)
Index("uq_saved_search__name", saved_search.c.name, unique=True)

"""Variables: named values that flows and deployments share."""

from typing import Any

from sqlalchemy import Column, Index, Named, Table, Text
from sqlalchemy.dialects.postgresql import JSON, JSONB

from locum.tables.base import Identified, metadata


class VariableColumns(Identified):
    """Columns of `variable`."""

    name: Named[str] = Column(Text)
    value: Named[Any] = Column(JSON, server_default="null", nullable=False)
    tags: Named[Any] = Column(JSONB, server_default="[]", nullable=False)


variable = Table("variable", metadata, VariableColumns)
Index("uq_variable__name", variable.c.name, unique=True)
Index("ix_variable__created", variable.c.created)
Index("ix_variable__updated", variable.c.updated)

"""Flows: the name under which runs and deployments gather."""

from sqlalchemy import Index, Named, Table

from locum.tables.base import Identified, Labelled, metadata


class FlowColumns(Labelled, Identified):
    """Columns of `flow`."""

    name: Named[str]


flow = Table("flow", metadata, FlowColumns)
Index("uq_flow__name", flow.c.name, unique=True)
Index("ix_flow__created", flow.c.created)
Index("ix_flow__updated", flow.c.updated)

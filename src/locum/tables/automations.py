"""Automations: what to watch for and what to do then, and the resources that they have to do with."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, ForeignKey, Index, Named, Table, Text, TypedColumns
from sqlalchemy.dialects.postgresql import JSON, JSONB

from locum.tables.base import Id, Identified, metadata


class AutomationColumns(Identified):
    """Columns of `automation`; the trigger and the actions are kept as they are answered."""

    name: Named[str] = Column(Text)
    description: Named[str] = Column(Text, server_default="")
    enabled: Named[bool] = Column(Boolean, server_default="true")
    tags: Named[Any] = Column(JSONB, server_default="[]", nullable=False)
    trigger: Named[Any] = Column(JSON, nullable=False)
    actions: Named[Any] = Column(JSON, nullable=False)
    actions_on_trigger: Named[Any] = Column(JSON, server_default="[]", nullable=False)
    actions_on_resolve: Named[Any] = Column(JSON, server_default="[]", nullable=False)


automation = Table("automation", metadata, AutomationColumns)
Index("ix_automation__name", automation.c.name)
Index("ix_automation__created", automation.c.created)
Index("ix_automation__updated", automation.c.updated)
Index("ix_automation__tags", automation.c.tags, postgresql_using="gin")


class AutomationResourceColumns(TypedColumns):
    """Columns of `automation_resource`: a resource that owns an automation, or that its actions name."""

    automation_id: Named[UUID] = Column(Id, ForeignKey("automation.id", ondelete="CASCADE"), primary_key=True)
    resource_id: Named[str] = Column(Text, primary_key=True)
    is_owner: Named[bool] = Column(Boolean, server_default="false")


automation_resource = Table("automation_resource", metadata, AutomationResourceColumns)
Index("ix_automation_resource__resource_id", automation_resource.c.resource_id)

"""Blocks: types, their schemas, and the documents that hold their values, encrypted as a whole."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, ForeignKey, Index, Named, Table, Text
from sqlalchemy.dialects.postgresql import JSON, JSONB

from locum.tables.base import Id, Identified, metadata


class BlockTypeColumns(Identified):
    """Columns of `block_type`."""

    name: Named[str] = Column(Text)
    slug: Named[str] = Column(Text)
    logo_url: Named[str | None] = Column(Text)
    documentation_url: Named[str | None] = Column(Text)
    description: Named[str | None] = Column(Text)
    code_example: Named[str | None] = Column(Text)
    is_protected: Named[bool] = Column(Boolean, server_default="false")


block_type = Table("block_type", metadata, BlockTypeColumns)
Index("uq_block_type__slug", block_type.c.slug, unique=True)
Index("ix_block_type__name", block_type.c.name)


class BlockSchemaColumns(Identified):
    """Columns of `block_schema`; `fields` without the schemas of nested blocks, which are referred to."""

    checksum: Named[str] = Column(Text)
    fields: Named[Any] = Column(JSON, server_default="{}", nullable=False)
    capabilities: Named[Any] = Column(JSONB, server_default="[]", nullable=False)
    version: Named[str] = Column(Text)
    block_type_id: Named[UUID] = Column(Id, ForeignKey("block_type.id", ondelete="CASCADE"))


block_schema = Table("block_schema", metadata, BlockSchemaColumns)
Index("uq_block_schema__checksum_version", block_schema.c.checksum, block_schema.c.version, unique=True)
Index("ix_block_schema__block_type_id", block_schema.c.block_type_id)
Index("ix_block_schema__capabilities", block_schema.c.capabilities, postgresql_using="gin")


class BlockSchemaReferenceColumns(Identified):
    """Columns of `block_schema_reference`: a schema holds another in its field `name`."""

    parent_block_schema_id: Named[UUID] = Column(Id, ForeignKey("block_schema.id", ondelete="CASCADE"))
    reference_block_schema_id: Named[UUID] = Column(Id, ForeignKey("block_schema.id", ondelete="CASCADE"))
    name: Named[str] = Column(Text)


block_schema_reference = Table("block_schema_reference", metadata, BlockSchemaReferenceColumns)
Index(
    "uq_block_schema_reference__parent_name_reference",
    block_schema_reference.c.parent_block_schema_id,
    block_schema_reference.c.name,
    block_schema_reference.c.reference_block_schema_id,
    unique=True,
)
Index("ix_block_schema_reference__reference_block_schema_id", block_schema_reference.c.reference_block_schema_id)


class BlockDocumentColumns(Identified):
    """Columns of `block_document`; `data` is a token that only the holder of the key can read."""

    name: Named[str] = Column(Text)
    data: Named[str] = Column(Text)
    is_anonymous: Named[bool] = Column(Boolean, server_default="false")
    block_type_name: Named[str] = Column(Text)
    block_type_id: Named[UUID] = Column(Id, ForeignKey("block_type.id", ondelete="CASCADE"))
    block_schema_id: Named[UUID] = Column(Id, ForeignKey("block_schema.id", ondelete="CASCADE"))


block_document = Table("block_document", metadata, BlockDocumentColumns)
Index("uq_block_document__block_type_id_name", block_document.c.block_type_id, block_document.c.name, unique=True)
Index("ix_block_document__block_type_name_name", block_document.c.block_type_name, block_document.c.name)
Index("ix_block_document__name", block_document.c.name)
Index("ix_block_document__block_schema_id", block_document.c.block_schema_id)


class BlockDocumentReferenceColumns(Identified):
    """Columns of `block_document_reference`: a document holds another in its field `name`."""

    parent_block_document_id: Named[UUID] = Column(Id, ForeignKey("block_document.id", ondelete="CASCADE"))
    reference_block_document_id: Named[UUID] = Column(Id, ForeignKey("block_document.id", ondelete="CASCADE"))
    name: Named[str] = Column(Text)


block_document_reference = Table("block_document_reference", metadata, BlockDocumentReferenceColumns)
Index(
    "uq_block_document_reference__parent_name",
    block_document_reference.c.parent_block_document_id,
    block_document_reference.c.name,
    unique=True,
)
Index(
    "ix_block_document_reference__reference_block_document_id",
    block_document_reference.c.reference_block_document_id,
)

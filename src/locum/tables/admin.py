"""What is configured of the server in the database: where results go by default."""

from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Named, Table, TypedColumns

from locum.tables.base import Id, metadata


class DefaultStorageColumns(TypedColumns):
    """Columns of `default_storage`, which has one row at most; it goes with the block that it names."""

    single: Named[bool] = Column(Boolean, primary_key=True, server_default="true")
    block_document_id: Named[UUID] = Column(Id, ForeignKey("block_document.id", ondelete="CASCADE"))


default_storage = Table("default_storage", metadata, DefaultStorageColumns, CheckConstraint("single", name="single"))

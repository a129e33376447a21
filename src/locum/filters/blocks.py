"""Filters of block types, block schemas and block documents."""

from pydantic import Field

from locum.filters.fields import Ids, Like, Texts
from locum.filters.language import Bundle, Criterion, Group
from locum.tables.blocks import block_document, block_schema, block_type


class BlockTypeFilterName(Criterion, on=block_type.c.name):
    """Block types by name."""

    like_: str | None = Field(
        default=None, description="A text to be found within, whatever its case", examples=["bucket"]
    )


class BlockTypeFilterSlug(Texts, on=block_type.c.slug):
    """Block types by slug."""


class BlockTypeFilter(Bundle):
    """Block types that satisfy what is given here."""

    name: BlockTypeFilterName | None = Field(default=None, description="By name")
    slug: BlockTypeFilterSlug | None = Field(default=None, description="By slug")


class BlockSchemaFilterBlockTypeId(Ids, on=block_schema.c.block_type_id):
    """Block schemas by type."""


class BlockSchemaFilterCapabilities(Criterion, on=block_schema.c.capabilities):
    """Block schemas by what their blocks can do."""

    all_: list[str] | None = Field(
        default=None, description="Capabilities that must all be there", examples=[["read-path", "write-path"]]
    )


class BlockSchemaFilterId(Ids, on=block_schema.c.id):
    """Block schemas by id."""


class BlockSchemaFilterVersion(Texts, on=block_schema.c.version):
    """Block schemas by version."""


class BlockSchemaFilter(Group):
    """Block schemas that satisfy what is given here."""

    block_type_id: BlockSchemaFilterBlockTypeId | None = Field(default=None, description="By type")
    block_capabilities: BlockSchemaFilterCapabilities | None = Field(default=None, description="By capabilities")
    id: BlockSchemaFilterId | None = Field(default=None, description="By id")
    version: BlockSchemaFilterVersion | None = Field(default=None, description="By version")


class BlockDocumentFilterId(Ids, on=block_document.c.id):
    """Block documents by id."""


class BlockDocumentFilterIsAnonymous(Criterion, on=block_document.c.is_anonymous):
    """Block documents by whether they are anonymous."""

    eq_: bool | None = Field(default=None, description="Whether only anonymous ones, or only the others")


class BlockDocumentFilterBlockTypeId(Ids, on=block_document.c.block_type_id):
    """Block documents by type."""


class BlockDocumentFilterName(Texts, Like, on=block_document.c.name):
    """Block documents by name."""


class BlockDocumentFilter(Group):
    """Block documents that satisfy what is given here; anonymous ones do not unless asked for."""

    id: BlockDocumentFilterId | None = Field(default=None, description="By id")
    is_anonymous: BlockDocumentFilterIsAnonymous | None = Field(
        default=BlockDocumentFilterIsAnonymous(eq_=False), description="By whether they are anonymous"
    )
    block_type_id: BlockDocumentFilterBlockTypeId | None = Field(default=None, description="By type")
    name: BlockDocumentFilterName | None = Field(default=None, description="By name")

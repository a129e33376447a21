"""Wire models of blocks."""

import re
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from locum.domain.moments import Moment
from locum.domain.names import Name
from locum.filters import ties
from locum.filters.blocks import (
    BlockDocumentFilter,
    BlockDocumentFilterIsAnonymous,
    BlockSchemaFilter,
    BlockTypeFilter,
)
from locum.filters.body import Filters, NullIsDefault, Offset
from locum.filters.sorting import BlockDocumentSort
from locum.filters.statements import Restriction
from locum.filters.ties import Target

NO_VERSION = "non-versioned"
_PLAIN = re.compile(r"[a-z0-9-]*\n?\Z")


def _plain_slug(slug: str) -> str:
    return _plain(slug, "Block type slug")


def _plain_name(name: str) -> str:
    return _plain(name, "Block document name")


def _plain(text: str, what: str) -> str:
    if not _PLAIN.match(text):
        raise ValueError(f"{what} must only contain lowercase letters, numbers, and dashes.")
    return text


_LOGO_IS = "Where the logo is to be found"
_DOCUMENTATION_IS = "Where more is to be read"
_DESCRIPTION_IS = "What blocks of the type are for"
_EXAMPLE_IS = "How they are used, in code"
_FIELDS_ARE = "The fields of the block, as a JSON schema"
_CAPABILITIES_ARE = "What the block can do"
_VERSION_IS = "Version of the schema, as people call it"
_DATA_ARE = "The values of the block's fields"
_ANONYMOUS_IS = "Whether nobody chose its name"


class BlockTypeCreate(BaseModel):
    """What is needed to make a block type."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Name of the type")
    slug: Annotated[str, AfterValidator(_plain_slug)] = Field(description="The name as it stands in paths, unique")
    logo_url: str | None = Field(default=None, description=_LOGO_IS)
    documentation_url: str | None = Field(default=None, description=_DOCUMENTATION_IS)
    description: str | None = Field(default=None, description=_DESCRIPTION_IS)
    code_example: str | None = Field(default=None, description=_EXAMPLE_IS)


class BlockTypeUpdate(BaseModel):
    """What may be changed of a block type; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    logo_url: str | None = None
    documentation_url: str | None = None
    description: str | None = None
    code_example: str | None = None


class BlockType(BaseModel):
    """A block type as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: Name = Field(description="Name of the type")
    slug: str = Field(description="The name as it stands in paths, unique")
    logo_url: str | None = Field(default=None, description=_LOGO_IS)
    documentation_url: str | None = Field(default=None, description=_DOCUMENTATION_IS)
    description: str | None = Field(default=None, description=_DESCRIPTION_IS)
    code_example: str | None = Field(default=None, description=_EXAMPLE_IS)
    is_protected: bool = Field(default=False, description="Whether it may not be deleted")


class BlockSchemaCreate(BaseModel):
    """What is needed to make a block schema."""

    model_config = ConfigDict(extra="forbid")

    fields: dict[str, Any] = Field(default_factory=dict[str, Any], description=_FIELDS_ARE)
    block_type_id: UUID = Field(description="Whose schema it is")
    capabilities: list[str] = Field(default_factory=list[str], description=_CAPABILITIES_ARE)
    version: str = Field(default=NO_VERSION, description=_VERSION_IS)


class BlockSchema(BaseModel):
    """A block schema as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    checksum: str = Field(description="What tells it from other schemas")
    fields: dict[str, Any] = Field(default_factory=dict[str, Any], description=_FIELDS_ARE)
    block_type_id: UUID | None = Field(description="Whose schema it is")
    block_type: BlockType | None = Field(default=None, description="The type itself")
    capabilities: list[str] = Field(default_factory=list[str], description=_CAPABILITIES_ARE)
    version: str = Field(default=NO_VERSION, description=_VERSION_IS)


class BlockDocumentCreate(BaseModel):
    """What is needed to make a block document."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, AfterValidator(_plain_name)] | None = Field(
        default=None, description="Name of the document; anonymous ones need none"
    )
    data: dict[str, Any] = Field(default_factory=dict[str, Any], description=_DATA_ARE)
    block_schema_id: UUID = Field(description="The schema that its data follow")
    block_type_id: UUID = Field(description="What kind of block it is")
    is_anonymous: bool = Field(default=False, description=_ANONYMOUS_IS)

    @model_validator(mode="before")
    @classmethod
    def _named_unless_anonymous(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("is_anonymous") and not values.get("name"):  # pyright: ignore[reportUnknownMemberType]
            msg = "Names must be provided for block documents."
            raise ValueError(msg)
        return values  # pyright: ignore[reportUnknownVariableType]


class BlockDocumentUpdate(BaseModel):
    """What may be changed of a block document."""

    model_config = ConfigDict(extra="forbid")

    block_schema_id: UUID | None = Field(default=None, description="The schema that its data follow from now on")
    data: dict[str, Any] = Field(default_factory=dict[str, Any], description=_DATA_ARE)
    merge_existing_data: bool = True


class BlockDocument(BaseModel):
    """A block document as it is answered, with those that it refers to within its data."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: Name | None = Field(default=None, description="Name of the document; anonymous ones need none")
    data: dict[str, Any] = Field(default_factory=dict[str, Any], description=_DATA_ARE)
    block_schema_id: UUID = Field(description="The schema that its data follow")
    block_schema: BlockSchema | None = Field(default=None, description="The schema itself")
    block_type_id: UUID = Field(description="What kind of block it is")
    block_type_name: str | None = Field(default=None, description="Name of the type")
    block_type: BlockType | None = Field(default=None, description="The type itself")
    block_document_references: dict[str, dict[str, Any]] = Field(
        default_factory=dict[str, dict[str, Any]], description="The documents that it refers to, by field"
    )
    is_anonymous: bool = Field(default=False, description=_ANONYMOUS_IS)


_Types = Field(default=None, description="Filter by block types")
_Schemas = Field(default=None, description="Filter by block schemas")


class FilterBlockTypes(Offset, Filters):
    """Which block types to list."""

    target: ClassVar[Target] = ties.BLOCK_TYPES
    block_types: BlockTypeFilter | None = _Types
    block_schemas: BlockSchemaFilter | None = _Schemas


class FilterBlockSchemas(Offset, Filters):
    """Which block schemas to list."""

    target: ClassVar[Target] = ties.BLOCK_SCHEMAS
    block_schemas: BlockSchemaFilter | None = _Schemas


class CountBlockDocuments(Filters):
    """Which block documents to count; anonymous ones are not unless the filter says otherwise."""

    target: ClassVar[Target] = ties.BLOCK_DOCUMENTS
    block_documents: BlockDocumentFilter | None = Field(default=None, description="Filter by block documents")
    block_types: BlockTypeFilter | None = _Types
    block_schemas: BlockSchemaFilter | None = _Schemas

    def restriction(self) -> Restriction:
        """What the filters ask; without one of documents, that they are not anonymous."""
        if self.block_documents is None:
            named = BlockDocumentFilter(is_anonymous=BlockDocumentFilterIsAnonymous(eq_=False))
            return self.model_copy(update={"block_documents": named}).restriction()
        return super().restriction()


class FilterBlockDocuments(Offset, CountBlockDocuments):
    """Which block documents to list."""

    include_secrets: Annotated[bool, NullIsDefault] = Field(
        default=False, description="Whether to answer with secret values"
    )
    sort: BlockDocumentSort | None = BlockDocumentSort.NAME_ASC

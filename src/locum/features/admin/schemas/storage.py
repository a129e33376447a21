"""Wire models of where results go by default."""

from uuid import UUID

from pydantic import BaseModel, Field


class ServerDefaultResultStorage(BaseModel):
    """Where results go by default."""

    default_result_storage_block_id: UUID | None = Field(default=None, description="Id of the block; null for none")


class ServerDefaultResultStorageUpdate(BaseModel):
    """Where results are to go by default."""

    default_result_storage_block_id: UUID = Field(description="Id of the block")

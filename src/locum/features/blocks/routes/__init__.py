"""HTTP operations of blocks: the table of contents."""

from locum.features.blocks.routes import documents, schemas, types

OPERATIONS = (*types.OPERATIONS, *schemas.OPERATIONS, *documents.OPERATIONS)

"""Wire models of the operations on the server itself."""

from locum.features.admin.schemas.client import Settings

__all__ = ["Settings"]

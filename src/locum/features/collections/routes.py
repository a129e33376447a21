"""HTTP operations of collections."""

from typing import Any

from locum.domain.errors import NotFound
from locum.features.collections.registry import VIEWS, read_view
from locum.infra.web import Answer, Operation


async def read_view_content(view: str) -> Answer:
    """Read a view of what can be installed."""
    if view not in VIEWS:
        raise NotFound(f"View {view} not found in registry")
    return read_view(view)


OPERATIONS = (Operation("GET", "/collections/views/{view}", read_view_content, "Collections", returns=dict[str, Any]),)

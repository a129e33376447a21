"""The OpenAPI document of the whole API."""

import json

from locum.app.routes import OPERATIONS
from locum.infra.web import openapi


def rendered() -> str:
    """The document as openapi/locum.json holds it."""
    return json.dumps(openapi(OPERATIONS), indent=1, ensure_ascii=False)

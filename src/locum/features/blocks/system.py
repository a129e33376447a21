"""The block types that every server has: the UI offers them, and they cannot be deleted.

A client that saves such a block registers the schema of its own class beside the one given here.
"""

from typing import Any


def _fields(title: str, slug: str, secret: list[str], required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "title": title,
        "type": "object",
        "block_type_slug": slug,
        "secret_fields": secret,
        "required": required,
        "properties": properties,
        "block_schema_references": {},
    }


_OPTIONAL_TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
_HIDDEN_TEXT = {"type": "string", "format": "password", "writeOnly": True}
_HIDDEN_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}, "writeOnly": True}
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

SYSTEM: tuple[tuple[dict[str, Any], dict[str, Any], list[str]], ...] = (
    (
        {
            "name": "Secret",
            "slug": "secret",
            "description": "Keeps a value that nobody is to see.",
            "code_example": 'Secret.load("name").get()',
        },
        _fields("Secret", "secret", ["value"], ["value"], value={"title": "Value", **_HIDDEN_TEXT}),
        [],
    ),
    (
        {
            "name": "Webhook",
            "slug": "webhook",
            "description": "Calls a URL.",
            "code_example": 'await Webhook.load("name").call(payload={})',
        },
        _fields(
            "Webhook",
            "webhook",
            ["url", "headers.*"],
            ["url"],
            method={"title": "Method", "type": "string", "enum": _METHODS, "default": "POST"},
            url={"title": "Webhook URL", **_HIDDEN_TEXT},
            headers={"title": "Webhook Headers", **_HIDDEN_TEXTS},
            allow_private_urls={"title": "Allow Private Urls", "type": "boolean", "default": True},
            verify={"title": "Verify", "type": "boolean", "default": True},
        ),
        [],
    ),
    (
        {
            "name": "Local File System",
            "slug": "local-file-system",
            "description": "Keeps files in a directory of the machine at hand.",
            "code_example": 'LocalFileSystem.load("name")',
        },
        _fields("LocalFileSystem", "local-file-system", [], [], basepath={"title": "Basepath", **_OPTIONAL_TEXT}),
        ["get-directory", "put-directory", "read-path", "write-path"],
    ),
)
"""Of each its type, the fields of its schema, and what it can do."""

"""HTTP operations of automations."""

from locum.features.automations.routes import templates

OPERATIONS = templates.OPERATIONS

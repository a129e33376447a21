"""HTTP operations of automations."""

from locum.features.automations.routes import related, templates

OPERATIONS = (*related.OPERATIONS, *templates.OPERATIONS)

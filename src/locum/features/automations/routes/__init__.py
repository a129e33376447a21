"""HTTP operations of automations."""

from locum.features.automations.routes import definitions, resources, templates

OPERATIONS = (*definitions.OPERATIONS, *resources.OPERATIONS, *templates.OPERATIONS)

"""HTTP operations of concurrency limits: by name, and (older) by tag."""

from locum.features.concurrency.routes import named, tags

OPERATIONS = (*tags.OPERATIONS, *named.OPERATIONS)

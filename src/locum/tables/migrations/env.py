"""What alembic runs for each command: it migrates on the connection that the caller hands it."""

from alembic import context

from locum.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()

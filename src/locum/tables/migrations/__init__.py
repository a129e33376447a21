"""The steps that build the schema: one numbered `.sql` file each, with a revision of alembic beside it that runs it."""

from pathlib import Path

LOCATION = Path(__file__).parent
"""The folder that alembic reads."""

HEAD = "0002"
"""The newest revision: told here so that a start with a current schema need not load alembic."""

"""What the foundation left out."""

from locum.tables.migrations.running import run_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make what is missing."""
    run_file("0002_completed.sql")

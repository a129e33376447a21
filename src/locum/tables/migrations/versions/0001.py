"""The foundation: flows, runs, deployments, work pools, logs, events, concurrency limits."""

from locum.tables.migrations.running import run_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    run_file("0001_foundation.sql")

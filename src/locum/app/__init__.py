"""locum."""

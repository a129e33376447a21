"""PostgreSQL itself: the embedded one, started and stopped here, or an external one, checked before use."""

from locum.infra.postgres.checking import OLDEST, check, ensure_database
from locum.infra.postgres.embedded import BINARIES, DATABASE, EmbeddedPostgres
from locum.infra.postgres.problems import DatabaseProblem
from locum.infra.postgres.urls import database_url, described

__all__ = [
    "BINARIES",
    "DATABASE",
    "OLDEST",
    "DatabaseProblem",
    "EmbeddedPostgres",
    "check",
    "database_url",
    "described",
    "ensure_database",
]

"""What can be wrong with the database before the server runs."""

from locum.infra.problem import Problem


class DatabaseProblem(Problem):
    """The database cannot be used as it is."""

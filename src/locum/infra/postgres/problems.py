"""What can be wrong with the database before the server runs."""


class DatabaseProblem(Exception):
    """The message is one line for the person at the terminal: what is wrong and what to do."""

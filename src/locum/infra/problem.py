"""What keeps the server from starting, told in one line to the person at the terminal."""


class Problem(Exception):
    """The message says what is wrong and what to do about it."""

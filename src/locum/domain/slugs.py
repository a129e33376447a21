"""Names for runs that nobody named."""

from coolname import generate_slug


def new_slug() -> str:
    """Two random words: `quiet-heron`."""
    return generate_slug(2)

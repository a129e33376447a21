"""The table of contents of background work: one line per loop."""

from locum.infra.loop import Background
from locum.infra.settings import Settings


def backgrounds(_settings: Settings) -> tuple[Background, ...]:
    """Every loop that the settings let run."""
    return ()

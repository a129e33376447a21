"""The table of contents of background work: one line per feature."""

from locum.features.deployments import loops as deployments
from locum.features.events import loops as events
from locum.features.logs import loops as logs
from locum.infra.loop import Background
from locum.infra.settings import Settings


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """Every loop that the settings let run."""
    return (
        *deployments.backgrounds(settings),
        *events.backgrounds(settings),
        *logs.backgrounds(settings),
    )

"""The table of contents of background work: one line per feature."""

from locum.features.concurrency import loops as concurrency
from locum.features.deployments import loops as deployments
from locum.features.dispatch import loops as dispatch
from locum.features.events import loops as events
from locum.features.flow_runs import loops as flow_runs
from locum.features.logs import loops as logs
from locum.infra.loop import Background
from locum.infra.settings import Settings


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """Every loop that the settings let run."""
    return (
        *concurrency.backgrounds(settings),
        *deployments.backgrounds(settings),
        *dispatch.backgrounds(settings),
        *events.backgrounds(settings),
        *flow_runs.backgrounds(settings),
        *logs.backgrounds(settings),
    )

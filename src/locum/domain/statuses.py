"""Whether the parts of a system that carries out runs are there: work pools, queues, workers, deployments."""

from enum import StrEnum


class WorkPoolStatus(StrEnum):
    """Whether somebody is polling a work pool."""

    READY = "READY"
    NOT_READY = "NOT_READY"
    PAUSED = "PAUSED"


class WorkQueueStatus(StrEnum):
    """Whether somebody is polling a work queue."""

    READY = "READY"
    NOT_READY = "NOT_READY"
    PAUSED = "PAUSED"


class WorkerStatus(StrEnum):
    """Whether a worker has been heard from lately."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"


class DeploymentStatus(StrEnum):
    """Whether somebody would carry out a deployment's runs."""

    READY = "READY"
    NOT_READY = "NOT_READY"

"""The published form of the settings of the server's background services."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Hidden = Annotated[str, WithJsonSchema({"type": "string", "format": "password"})]
"""A secret: asterisks stand for it."""


class Group(BaseModel):
    """Settings that are published together; only the OpenAPI document has a use for these models, so they can wait."""

    model_config = ConfigDict(defer_build=True)


class ServerServicesCancellationCleanupSettings(Group):
    """The settings under `server.services.cancellation_cleanup`."""

    enabled: bool = True
    loop_seconds: float = 20
    cancelling_timeout_seconds: Annotated[float, Field(gt=0)] = 300


class ServerServicesDBVacuumSettings(Group):
    """The settings under `server.services.db_vacuum`."""

    enabled: set[str] | bool | None = {"events"}
    loop_seconds: Annotated[float, Field(gt=0)] = 3600
    orphan_cleanup_loop_seconds: Annotated[float, Field(gt=0)] = 86400
    retention_period: timedelta = timedelta(days=90)
    batch_size: Annotated[int, Field(gt=0)] = 200
    event_retention_overrides: dict[str, timedelta] = {"prefect.flow-run.heartbeat": timedelta(days=7)}


class ServerServicesEventPersisterSettings(Group):
    """The settings under `server.services.event_persister`."""

    enabled: bool = True
    batch_size: Annotated[int, Field(gt=0)] = 20
    read_batch_size: Annotated[int, Field(gt=0)] = 1
    flush_interval: Annotated[float, Field(gt=0)] = 5
    queue_max_size: Annotated[int, Field(gt=0)] = 50000
    max_flush_retries: Annotated[int, Field(gt=0)] = 5


class ServerServicesEventLoggerSettings(Group):
    """The settings under `server.services.event_logger`."""

    enabled: bool = False


class ServerServicesForemanSettings(Group):
    """The settings under `server.services.foreman`."""

    enabled: bool = True
    loop_seconds: float = 15
    inactivity_heartbeat_multiple: int = 3
    fallback_heartbeat_interval_seconds: int = 30
    deployment_last_polled_timeout_seconds: int = 60
    work_queue_last_polled_timeout_seconds: int = 60


class ServerServicesLateRunsSettings(Group):
    """The settings under `server.services.late_runs`."""

    enabled: bool = True
    loop_seconds: float = 5
    after_seconds: timedelta = timedelta(seconds=15)


class ServerServicesSchedulerSettings(Group):
    """The settings under `server.services.scheduler`."""

    enabled: bool = True
    loop_seconds: float = 60
    deployment_batch_size: int = 100
    max_runs: int = 100
    min_runs: int = 3
    max_scheduled_time: timedelta = timedelta(days=100)
    min_scheduled_time: timedelta = timedelta(hours=1)
    insert_batch_size: int = 500
    recent_deployments_loop_seconds: float = 5


class ServerServicesPauseExpirationsSettings(Group):
    """The settings under `server.services.pause_expirations`."""

    enabled: bool = True
    loop_seconds: float = 5


class ServerServicesRepossessorSettings(Group):
    """The settings under `server.services.repossessor`."""

    enabled: bool = True
    loop_seconds: float = 15


class ServerServicesCleanupReconcilerSettings(Group):
    """The settings under `server.services.cleanup_reconciler`."""

    enabled: bool = True
    loop_seconds: Annotated[float, Field(gt=0)] = 5
    batch_size: Annotated[int, Field(gt=0)] = 100


class ServerServicesTaskRunRecorderSettings(Group):
    """The settings under `server.services.task_run_recorder`."""

    enabled: bool = True
    read_batch_size: Annotated[int, Field(gt=0)] = 1
    batch_size: Annotated[int, Field(gt=0)] = 1
    flush_interval: Annotated[float, Field(gt=0)] = 5


class ServerServicesTriggersSettings(Group):
    """The settings under `server.services.triggers`."""

    enabled: bool = True
    read_batch_size: Annotated[int, Field(gt=0)] = 1
    pg_notify_reconnect_interval_seconds: int = 10
    pg_notify_heartbeat_interval_seconds: int = 5


class ServerServicesSettings(Group):
    """The settings under `server.services`."""

    cancellation_cleanup: ServerServicesCancellationCleanupSettings = Field(
        default_factory=ServerServicesCancellationCleanupSettings
    )
    db_vacuum: ServerServicesDBVacuumSettings = Field(default_factory=ServerServicesDBVacuumSettings)
    event_persister: ServerServicesEventPersisterSettings = Field(default_factory=ServerServicesEventPersisterSettings)
    event_logger: ServerServicesEventLoggerSettings = Field(default_factory=ServerServicesEventLoggerSettings)
    foreman: ServerServicesForemanSettings = Field(default_factory=ServerServicesForemanSettings)
    late_runs: ServerServicesLateRunsSettings = Field(default_factory=ServerServicesLateRunsSettings)
    scheduler: ServerServicesSchedulerSettings = Field(default_factory=ServerServicesSchedulerSettings)
    pause_expirations: ServerServicesPauseExpirationsSettings = Field(
        default_factory=ServerServicesPauseExpirationsSettings
    )
    repossessor: ServerServicesRepossessorSettings = Field(default_factory=ServerServicesRepossessorSettings)
    cleanup_reconciler: ServerServicesCleanupReconcilerSettings = Field(
        default_factory=ServerServicesCleanupReconcilerSettings
    )
    task_run_recorder: ServerServicesTaskRunRecorderSettings = Field(
        default_factory=ServerServicesTaskRunRecorderSettings
    )
    triggers: ServerServicesTriggersSettings = Field(default_factory=ServerServicesTriggersSettings)

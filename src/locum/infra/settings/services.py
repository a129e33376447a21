"""Settings of the background loops, under the names of the peer's services."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt

from locum.infra.settings.fields import AS_JSON, Also, Group, Names, Span


def _older(path: str) -> Also:
    return Also(f"PREFECT_API_SERVICES_{path}")


class CancellationCleanupSettings(Group):
    """Subflows and tasks of cancelled runs follow them; a run stuck in CANCELLING is ended."""

    enabled: Annotated[bool, _older("CANCELLATION_CLEANUP_ENABLED")] = True
    loop_seconds: Annotated[PositiveFloat, _older("CANCELLATION_CLEANUP_LOOP_SECONDS")] = 20.0
    cancelling_timeout_seconds: Annotated[float, Field(ge=0)] = 300.0


class VacuumSettings(Group):
    """What is deleted when it has grown old."""

    enabled: Names | None = ("events",)
    loop_seconds: PositiveFloat = 3600.0
    orphan_cleanup_loop_seconds: PositiveFloat = 86400.0
    retention_period: Span = timedelta(days=90)
    batch_size: PositiveInt = 200
    event_retention_overrides: Annotated[dict[str, Span], AS_JSON] = Field(
        default={"prefect.flow-run.heartbeat": timedelta(days=7)}
    )


class EventPersisterSettings(Group):
    """Events are written in the transaction that brings them; of these only the switch has a meaning here."""

    enabled: Annotated[bool, _older("EVENT_PERSISTER_ENABLED")] = True
    batch_size: Annotated[PositiveInt, _older("EVENT_PERSISTER_BATCH_SIZE")] = 20
    read_batch_size: Annotated[PositiveInt, _older("EVENT_PERSISTER_READ_BATCH_SIZE")] = 1
    flush_interval: Annotated[PositiveFloat, _older("EVENT_PERSISTER_FLUSH_INTERVAL")] = 5.0
    queue_max_size: PositiveInt = 50_000
    max_flush_retries: PositiveInt = 5


class EventLoggerSettings(Group):
    """Whether each event is also logged."""

    enabled: Annotated[bool, _older("EVENT_LOGGER_ENABLED")] = False


class ForemanSettings(Group):
    """When workers, pools, queues and deployments count as gone."""

    enabled: Annotated[bool, _older("FOREMAN_ENABLED")] = True
    loop_seconds: Annotated[PositiveFloat, _older("FOREMAN_LOOP_SECONDS")] = 15.0
    inactivity_heartbeat_multiple: Annotated[PositiveInt, _older("FOREMAN_INACTIVITY_HEARTBEAT_MULTIPLE")] = 3
    fallback_heartbeat_interval_seconds: Annotated[
        PositiveInt, _older("FOREMAN_FALLBACK_HEARTBEAT_INTERVAL_SECONDS")
    ] = 30
    deployment_last_polled_timeout_seconds: Annotated[
        PositiveInt, _older("FOREMAN_DEPLOYMENT_LAST_POLLED_TIMEOUT_SECONDS")
    ] = 60
    work_queue_last_polled_timeout_seconds: Annotated[
        PositiveInt, _older("FOREMAN_WORK_QUEUE_LAST_POLLED_TIMEOUT_SECONDS")
    ] = 60


class LateRunsSettings(Group):
    """When a scheduled run that nobody took counts as late."""

    enabled: Annotated[bool, _older("LATE_RUNS_ENABLED")] = True
    loop_seconds: Annotated[PositiveFloat, _older("LATE_RUNS_LOOP_SECONDS")] = 5.0
    after_seconds: Annotated[Span, _older("LATE_RUNS_AFTER_SECONDS")] = timedelta(seconds=15)


class SchedulerSettings(Group):
    """How far ahead the runs of schedules are made."""

    enabled: Annotated[bool, _older("SCHEDULER_ENABLED")] = True
    loop_seconds: Annotated[PositiveFloat, _older("SCHEDULER_LOOP_SECONDS")] = 60.0
    deployment_batch_size: Annotated[PositiveInt, _older("SCHEDULER_DEPLOYMENT_BATCH_SIZE")] = 100
    max_runs: Annotated[PositiveInt, _older("SCHEDULER_MAX_RUNS")] = 100
    min_runs: Annotated[PositiveInt, _older("SCHEDULER_MIN_RUNS")] = 3
    max_scheduled_time: Annotated[Span, _older("SCHEDULER_MAX_SCHEDULED_TIME")] = timedelta(days=100)
    min_scheduled_time: Annotated[Span, _older("SCHEDULER_MIN_SCHEDULED_TIME")] = timedelta(hours=1)
    insert_batch_size: Annotated[PositiveInt, _older("SCHEDULER_INSERT_BATCH_SIZE")] = 500
    recent_deployments_loop_seconds: PositiveFloat = 5.0


class PauseExpirationsSettings(Group):
    """How often paused runs are looked at whose time is up."""

    enabled: Annotated[bool, _older("PAUSE_EXPIRATIONS_ENABLED")] = True
    loop_seconds: Annotated[PositiveFloat, _older("PAUSE_EXPIRATIONS_LOOP_SECONDS")] = 5.0


class RepossessorSettings(Group):
    """How often the slots of dead holders are taken back."""

    enabled: bool = True
    loop_seconds: PositiveFloat = 15.0


class CleanupReconcilerSettings(Group):
    """How often workers are reminded of runs to clean up."""

    enabled: bool = True
    loop_seconds: PositiveFloat = 5.0
    batch_size: PositiveInt = 100


class TaskRunRecorderSettings(Group):
    """Task runs are recorded in the transaction of their event; of these only the switch has a meaning here."""

    enabled: Annotated[bool, _older("TASK_RUN_RECORDER_ENABLED")] = True
    read_batch_size: PositiveInt = 1
    batch_size: PositiveInt = 1
    flush_interval: PositiveFloat = 5.0


class TriggersSettings(Group):
    """The evaluation of automations."""

    enabled: Annotated[bool, _older("TRIGGERS_ENABLED")] = True
    read_batch_size: PositiveInt = 1
    pg_notify_reconnect_interval_seconds: PositiveInt = 10
    pg_notify_heartbeat_interval_seconds: PositiveInt = 5


class ServicesSettings(Group):
    """One group per loop."""

    cancellation_cleanup: CancellationCleanupSettings = CancellationCleanupSettings()
    db_vacuum: VacuumSettings = VacuumSettings()
    event_persister: EventPersisterSettings = EventPersisterSettings()
    event_logger: EventLoggerSettings = EventLoggerSettings()
    foreman: ForemanSettings = ForemanSettings()
    late_runs: LateRunsSettings = LateRunsSettings()
    scheduler: SchedulerSettings = SchedulerSettings()
    pause_expirations: PauseExpirationsSettings = PauseExpirationsSettings()
    repossessor: RepossessorSettings = RepossessorSettings()
    cleanup_reconciler: CleanupReconcilerSettings = CleanupReconcilerSettings()
    task_run_recorder: TaskRunRecorderSettings = TaskRunRecorderSettings()
    triggers: TriggersSettings = TriggersSettings()

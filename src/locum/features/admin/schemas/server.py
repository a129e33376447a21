"""The published form of the server's settings."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from locum.features.admin.schemas.services import Group, Hidden, ServerServicesSettings
from locum.infra.settings.server import Level


class ServerAPISettings(Group):
    """The settings under `server.api`."""

    auth_string: Hidden | None = None
    host: str = "127.0.0.1"
    port: int = 4200
    base_path: str | None = None
    default_limit: int = 200
    keepalive_timeout: int = 5
    csrf_protection_enabled: bool = False
    csrf_token_expiration: timedelta = timedelta(hours=1)
    cors_allowed_origins: str = "*"
    cors_allowed_methods: str = "*"
    cors_allowed_headers: str = "*"
    websocket_ping_interval: float = 20.0
    websocket_ping_timeout: float = 20.0
    max_parameter_size: Annotated[int, Field(ge=0)] = 524288


class ServerConcurrencySettings(Group):
    """The settings under `server.concurrency`."""

    lease_storage: str = "prefect.server.concurrency.lease_storage.memory"
    initial_deployment_lease_duration: Annotated[float, Field(ge=30, le=3600)] = 300.0
    maximum_concurrency_slot_wait_seconds: Annotated[float, Field(ge=0)] = 30


class SQLAlchemyTLSSettings(Group):
    """The settings under `server.database.sqlalchemy.connect_args.tls`."""

    enabled: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    check_hostname: bool = True


class SQLAlchemyConnectArgsSettings(Group):
    """The settings under `server.database.sqlalchemy.connect_args`."""

    application_name: str | None = None
    search_path: str | None = None
    statement_cache_size: int | None = None
    prepared_statement_cache_size: int | None = None
    tls: SQLAlchemyTLSSettings = Field(default_factory=SQLAlchemyTLSSettings)


class SQLAlchemySettings(Group):
    """The settings under `server.database.sqlalchemy`."""

    connect_args: SQLAlchemyConnectArgsSettings = Field(default_factory=SQLAlchemyConnectArgsSettings)
    pool_size: int = 5
    pool_recycle: int = 3600
    pool_timeout: float | None = 30.0
    max_overflow: int = 10


class ServerDatabaseSettings(Group):
    """The settings under `server.database`."""

    sqlalchemy: SQLAlchemySettings = Field(default_factory=SQLAlchemySettings)
    connection_url: Hidden | None = None
    driver: Literal["postgresql+asyncpg", "sqlite+aiosqlite"] | None = None
    host: str | None = None
    port: int | None = None
    user: str | None = None
    name: str | None = None
    password: Hidden | None = None
    echo: bool = False
    migrate_on_start: bool = True
    timeout: float | None = 10.0
    connection_timeout: float | None = 5.0
    migration_timeout: Annotated[float, Field(gt=0)] | None = None


class ServerDeploymentsSettings(Group):
    """The settings under `server.deployments`."""

    concurrency_slot_wait_seconds: Annotated[float, Field(ge=0)] = 30.0


class ServerDocketSettings(Group):
    """The settings under `server.docket`."""

    name: str = "prefect-server"
    url: str = "memory://"


class ServerEphemeralSettings(Group):
    """The settings under `server.ephemeral`."""

    enabled: bool = False
    startup_timeout_seconds: int = 20


class ServerEventsSettings(Group):
    """The settings under `server.events`."""

    stream_out_enabled: bool = True
    related_resource_cache_ttl: timedelta = timedelta(minutes=5)
    maximum_labels_per_resource: int = 500
    maximum_related_resources: int = 100
    maximum_size_bytes: int = 1500000
    expired_bucket_buffer: timedelta = timedelta(minutes=1)
    proactive_granularity: timedelta = timedelta(seconds=5)
    retention_period: timedelta = timedelta(days=7)
    maximum_websocket_backfill: timedelta = timedelta(minutes=15)
    websocket_backfill_page_size: Annotated[int, Field(gt=0)] = 250
    messaging_broker: str = "prefect.server.utilities.messaging.memory"
    messaging_cache: str = "prefect.server.utilities.messaging.memory"
    causal_ordering: str = "prefect.server.events.ordering.memory"
    maximum_event_name_length: Annotated[int, Field(gt=0)] = 1024


class ServerFlowRunGraphSettings(Group):
    """The settings under `server.flow_run_graph`."""

    max_nodes: int = 10000
    max_artifacts: int = 10000


class ServerLogsSettings(Group):
    """The settings under `server.logs`."""

    stream_out_enabled: bool = False
    stream_publishing_enabled: bool = False


class ServerTasksSchedulingSettings(Group):
    """The settings under `server.tasks.scheduling`."""

    max_scheduled_queue_size: int = 1000
    max_retry_queue_size: int = 100
    pending_task_timeout: timedelta = timedelta(seconds=0)


class ServerTasksSettings(Group):
    """The settings under `server.tasks`."""

    tag_concurrency_slot_wait_seconds: Annotated[float, Field(ge=0)] = 10
    max_cache_key_length: int = 2000
    scheduling: ServerTasksSchedulingSettings = Field(default_factory=ServerTasksSchedulingSettings)


class ServerUISettings(Group):
    """The settings under `server.ui`."""

    enabled: bool = True
    v2_enabled: bool = True
    api_url: str | None = None
    serve_base: str = "/"
    static_directory: str | None = None
    show_promotional_content: bool = True


class ServerWorkerChannelSettings(Group):
    """The settings under `server.worker_channel`."""

    cleanup_queue_storage: str = "prefect.server.worker_communication.cleanup_queue.memory"
    cleanup_lease_seconds: Annotated[float, Field(gt=0)] = 30.0
    cleanup_max_delivery_attempts: Annotated[int, Field(ge=1)] = 3
    cleanup_completed_idempotency_retention_seconds: Annotated[float, Field(ge=0)] | None = None


class ServerSettings(Group):
    """The settings under `server`."""

    logging_level: Level = "WARNING"
    analytics_enabled: bool = True
    metrics_enabled: bool = False
    log_retryable_errors: bool = False
    register_blocks_on_start: bool = True
    memoize_block_auto_registration: bool = True
    memo_store_path: Path = Field(default_factory=Path)
    deployment_schedule_max_scheduled_runs: int = 50
    api: ServerAPISettings = Field(default_factory=ServerAPISettings)
    concurrency: ServerConcurrencySettings = Field(default_factory=ServerConcurrencySettings)
    database: ServerDatabaseSettings = Field(default_factory=ServerDatabaseSettings)
    deployments: ServerDeploymentsSettings = Field(default_factory=ServerDeploymentsSettings)
    docket: ServerDocketSettings = Field(default_factory=ServerDocketSettings)
    ephemeral: ServerEphemeralSettings = Field(default_factory=ServerEphemeralSettings)
    events: ServerEventsSettings = Field(default_factory=ServerEventsSettings)
    flow_run_graph: ServerFlowRunGraphSettings = Field(default_factory=ServerFlowRunGraphSettings)
    logs: ServerLogsSettings = Field(default_factory=ServerLogsSettings)
    services: ServerServicesSettings = Field(default_factory=ServerServicesSettings)
    tasks: ServerTasksSettings = Field(default_factory=ServerTasksSettings)
    ui: ServerUISettings = Field(default_factory=ServerUISettings)
    worker_channel: ServerWorkerChannelSettings = Field(default_factory=ServerWorkerChannelSettings)

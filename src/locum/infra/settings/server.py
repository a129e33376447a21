"""Every setting of the server, in the groups and under the names that the peer publishes, with ours among them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field, PositiveInt, SecretStr

from locum.infra.settings.fields import OURS, Also, Blank, Group, Span
from locum.infra.settings.services import ServicesSettings

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class ApiSettings(Group):
    """Where the API listens, whom it trusts and how much it takes."""

    auth_string: Annotated[SecretStr | None, Blank] = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 4200
    base_path: Annotated[str | None, Blank] = None
    default_limit: Annotated[PositiveInt, Also("PREFECT_API_DEFAULT_LIMIT")] = 200
    keepalive_timeout: PositiveInt = 5
    csrf_protection_enabled: Annotated[bool, Also("PREFECT_SERVER_CSRF_PROTECTION_ENABLED")] = False
    csrf_token_expiration: Annotated[Span, Also("PREFECT_SERVER_CSRF_TOKEN_EXPIRATION")] = timedelta(hours=1)
    csrf_tokens_kept: Annotated[PositiveInt, OURS] = 100_000
    cors_allowed_origins: Annotated[str, Also("PREFECT_SERVER_CORS_ALLOWED_ORIGINS")] = "*"
    cors_allowed_methods: Annotated[str, Also("PREFECT_SERVER_CORS_ALLOWED_METHODS")] = "*"
    cors_allowed_headers: Annotated[str, Also("PREFECT_SERVER_CORS_ALLOWED_HEADERS")] = "*"
    websocket_ping_interval: float = 20.0
    websocket_ping_timeout: float = 20.0
    max_parameter_size: Annotated[int, Field(ge=0)] = 524288
    workers: Annotated[PositiveInt, OURS] = 1
    body_limit: Annotated[PositiveInt, OURS] = 5 * 1024 * 1024
    socket_message_limit: Annotated[PositiveInt, OURS] = 16 * 1024 * 1024
    gzip_minimum_bytes: Annotated[int, OURS, Field(ge=0)] = 1400
    access_log: Annotated[bool, OURS] = False
    drain_seconds: Annotated[float, OURS, Field(ge=0)] = 30.0
    forwarded_allow_ips: Annotated[str, OURS] = "127.0.0.1"


class TlsSettings(Group):
    """TLS towards an external PostgreSQL."""

    enabled: bool = False
    ca_file: Annotated[str | None, Blank] = None
    cert_file: Annotated[str | None, Blank] = None
    key_file: Annotated[str | None, Blank] = None
    check_hostname: bool = True


class ConnectSettings(Group):
    """How a connection to PostgreSQL introduces itself; a statement cache of 0 suits PgBouncer's transaction mode."""

    application_name: Annotated[str | None, Blank] = None
    search_path: Annotated[str | None, Blank] = None
    statement_cache_size: Annotated[int | None, Blank, Field(ge=0)] = None
    prepared_statement_cache_size: Annotated[int | None, Blank, Field(ge=0)] = None
    tls: TlsSettings = TlsSettings()


class PoolSettings(Group):
    """The pool of connections of one process: `pool_size` of them, and `max_overflow` more under load."""

    connect_args: ConnectSettings = ConnectSettings()
    pool_size: Annotated[int, Field(ge=1), Also("PREFECT_SQLALCHEMY_POOL_SIZE")] = 5
    pool_recycle: int = 3600
    pool_timeout: Annotated[float | None, Blank] = 30.0
    max_overflow: Annotated[int, Field(ge=0), Also("PREFECT_SQLALCHEMY_MAX_OVERFLOW")] = 10


class DatabaseSettings(Group):
    """Which PostgreSQL: by URL, by its parts, or (neither given) the embedded one. `timeout` limits a statement."""

    sqlalchemy: PoolSettings = PoolSettings()
    connection_url: Annotated[
        SecretStr | None, Blank, Also("LOCUM_DATABASE_URL", "PREFECT_API_DATABASE_CONNECTION_URL")
    ] = None
    driver: Annotated[str | None, Blank, Also("PREFECT_API_DATABASE_DRIVER")] = None
    host: Annotated[str | None, Blank, Also("PREFECT_API_DATABASE_HOST")] = None
    port: Annotated[int | None, Blank, Also("PREFECT_API_DATABASE_PORT")] = None
    user: Annotated[str | None, Blank, Also("PREFECT_API_DATABASE_USER")] = None
    name: Annotated[str | None, Blank, Also("PREFECT_API_DATABASE_NAME")] = None
    password: Annotated[SecretStr | None, Blank, Also("PREFECT_API_DATABASE_PASSWORD")] = None
    echo: Annotated[bool, Also("PREFECT_API_DATABASE_ECHO")] = False
    migrate_on_start: Annotated[bool, Also("PREFECT_API_DATABASE_MIGRATE_ON_START")] = True
    timeout: Annotated[float | None, Blank, Also("PREFECT_API_DATABASE_TIMEOUT")] = 10.0
    connection_timeout: Annotated[float | None, Blank, Also("PREFECT_API_DATABASE_CONNECTION_TIMEOUT")] = 5.0
    migration_timeout: Annotated[float | None, Blank] = None


class AutomationsSettings(Group):
    """How much one automation may ask for: every event that comes in is held against every trigger."""

    max_triggers: Annotated[PositiveInt, OURS] = 100
    max_trigger_depth: Annotated[PositiveInt, OURS] = 10
    max_actions: Annotated[PositiveInt, OURS] = 100
    max_size_bytes: Annotated[PositiveInt, OURS] = 256 * 1024


class ConcurrencySettings(Group):
    """How long a slot is held without renewal, and how long a caller is told to wait for one."""

    lease_storage: str = "locum.database"
    initial_deployment_lease_duration: Annotated[float, Field(ge=30, le=3600)] = 300.0
    maximum_concurrency_slot_wait_seconds: Annotated[float, Field(ge=0)] = 30.0


class DeploymentsSettings(Group):
    """Limits of deployments."""

    concurrency_slot_wait_seconds: Annotated[
        float, Field(ge=0), Also("PREFECT_DEPLOYMENT_CONCURRENCY_SLOT_WAIT_SECONDS")
    ] = 30.0


class EventsSettings(Group):
    """Limits of the event log: sizes, how long it is kept, how far back a socket may read."""

    stream_out_enabled: Annotated[bool, Also("PREFECT_API_EVENTS_STREAM_OUT_ENABLED")] = True
    related_resource_cache_ttl: Annotated[Span, Also("PREFECT_API_EVENTS_RELATED_RESOURCE_CACHE_TTL")] = timedelta(
        minutes=5
    )
    maximum_labels_per_resource: Annotated[int, Field(ge=0), Also("PREFECT_EVENTS_MAXIMUM_LABELS_PER_RESOURCE")] = 500
    maximum_related_resources: Annotated[int, Field(ge=0), Also("PREFECT_EVENTS_MAXIMUM_RELATED_RESOURCES")] = 100
    maximum_size_bytes: Annotated[int, Field(ge=0), Also("PREFECT_EVENTS_MAXIMUM_SIZE_BYTES")] = 1_500_000
    expired_bucket_buffer: Annotated[Span, Also("PREFECT_EVENTS_EXPIRED_BUCKET_BUFFER")] = timedelta(seconds=60)
    proactive_granularity: Annotated[Span, Also("PREFECT_EVENTS_PROACTIVE_GRANULARITY")] = timedelta(seconds=5)
    retention_period: Annotated[Span, Also("PREFECT_EVENTS_RETENTION_PERIOD")] = timedelta(days=7)
    maximum_websocket_backfill: Annotated[Span, Also("PREFECT_EVENTS_MAXIMUM_WEBSOCKET_BACKFILL")] = timedelta(
        minutes=15
    )
    websocket_backfill_page_size: Annotated[int, Field(ge=1), Also("PREFECT_EVENTS_WEBSOCKET_BACKFILL_PAGE_SIZE")] = 250
    messaging_broker: Annotated[str, Also("PREFECT_MESSAGING_BROKER")] = "locum.database"
    messaging_cache: Annotated[str, Also("PREFECT_MESSAGING_CACHE")] = "locum.database"
    causal_ordering: str = "locum.database"
    maximum_event_name_length: Annotated[int, Field(ge=1)] = 1024
    gather_seconds: Annotated[float, Field(ge=0, le=1), OURS] = 0.005


class FlowRunGraphSettings(Group):
    """The largest graph that is drawn."""

    max_nodes: Annotated[int, Field(ge=0), Also("PREFECT_API_MAX_FLOW_RUN_GRAPH_NODES")] = 10_000
    max_artifacts: Annotated[int, Field(ge=0), Also("PREFECT_API_MAX_FLOW_RUN_GRAPH_ARTIFACTS")] = 10_000


class LogsSettings(Group):
    """Live logs, which cost nothing until somebody listens; without a period to be kept for, logs last as their run."""

    stream_out_enabled: bool = True
    stream_publishing_enabled: bool = True
    retention_period: Annotated[Span | None, Blank, OURS] = None


class TaskSchedulingSettings(Group):
    """Queues of background tasks."""

    max_scheduled_queue_size: Annotated[int, Also("PREFECT_TASK_SCHEDULING_MAX_SCHEDULED_QUEUE_SIZE")] = 1000
    max_retry_queue_size: Annotated[int, Also("PREFECT_TASK_SCHEDULING_MAX_RETRY_QUEUE_SIZE")] = 100
    pending_task_timeout: Annotated[Span, Also("PREFECT_TASK_SCHEDULING_PENDING_TASK_TIMEOUT")] = timedelta(0)


class TasksSettings(Group):
    """Limits of task runs."""

    tag_concurrency_slot_wait_seconds: Annotated[
        float, Field(ge=0), Also("PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS")
    ] = 10.0
    max_cache_key_length: Annotated[int, Also("PREFECT_API_TASK_CACHE_KEY_MAX_LENGTH")] = 2000
    scheduling: TaskSchedulingSettings = TaskSchedulingSettings()


class UiSettings(Group):
    """The user interface that a client of the browser kind is sent to."""

    enabled: Annotated[bool, Also("PREFECT_UI_ENABLED")] = True
    v2_enabled: bool = True
    api_url: Annotated[str | None, Blank, Also("PREFECT_UI_API_URL")] = None
    serve_base: Annotated[str, Also("PREFECT_UI_SERVE_BASE")] = "/"
    static_directory: Annotated[str | None, Blank, Also("PREFECT_UI_STATIC_DIRECTORY")] = None
    show_promotional_content: bool = False


class WorkerChannelSettings(Group):
    """Messages to workers about runs to be cleaned up."""

    cleanup_queue_storage: str = "locum.database"
    cleanup_lease_seconds: Annotated[float, Field(gt=0)] = 30.0
    cleanup_max_delivery_attempts: Annotated[int, Field(ge=1)] = 3
    cleanup_completed_idempotency_retention_seconds: Annotated[float | None, Blank] = None


def default_home() -> Path:
    """The platform's directory for a user's data."""
    return Path(platformdirs.user_data_dir("locum", appauthor=False))


class Settings(Group):
    """All of them. A field `a.b` is read from `LOCUM_A_B`, then `PREFECT_SERVER_A_B`, then its older names."""

    home: Annotated[Path, OURS] = Field(default_factory=default_home)
    encryption_key: Annotated[
        SecretStr | None, OURS, Blank, Also("PREFECT_SERVER_ENCRYPTION_KEY", "ORION_ENCRYPTION_KEY")
    ] = None
    loops: Annotated[bool, OURS] = True
    logging_format: Annotated[Literal["logfmt", "json"], OURS] = "logfmt"
    logging_level: Annotated[Level, Also("PREFECT_LOGGING_SERVER_LEVEL")] = "WARNING"
    analytics_enabled: bool = False
    metrics_enabled: Annotated[bool, Also("PREFECT_API_ENABLE_METRICS")] = False
    log_retryable_errors: Annotated[bool, Also("PREFECT_API_LOG_RETRYABLE_ERRORS")] = False
    register_blocks_on_start: Annotated[bool, Also("PREFECT_API_BLOCKS_REGISTER_ON_START")] = True
    memoize_block_auto_registration: Annotated[bool, Also("PREFECT_MEMOIZE_BLOCK_AUTO_REGISTRATION")] = True
    deployment_schedule_max_scheduled_runs: Annotated[int, Also("PREFECT_DEPLOYMENT_SCHEDULE_MAX_SCHEDULED_RUNS")] = 50
    api: ApiSettings = ApiSettings()
    automations: Annotated[AutomationsSettings, OURS] = AutomationsSettings()
    concurrency: ConcurrencySettings = ConcurrencySettings()
    database: DatabaseSettings = DatabaseSettings()
    deployments: DeploymentsSettings = DeploymentsSettings()
    events: EventsSettings = EventsSettings()
    flow_run_graph: FlowRunGraphSettings = FlowRunGraphSettings()
    logs: LogsSettings = LogsSettings()
    services: ServicesSettings = ServicesSettings()
    tasks: TasksSettings = TasksSettings()
    ui: UiSettings = UiSettings()
    worker_channel: WorkerChannelSettings = WorkerChannelSettings()

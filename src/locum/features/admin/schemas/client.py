"""The published form of all settings: the contract has the client's beside the server's."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from locum.features.admin.schemas.server import ServerSettings
from locum.features.admin.schemas.services import Group, Hidden
from locum.infra.settings.server import Level


class APISettings(Group):
    """The settings under `api`."""

    url: str | None = None
    auth_string: Hidden | None = None
    key: Hidden | None = None
    tls_insecure_skip_verify: bool = False
    ssl_cert_file: str | None = Field(default_factory=str)
    enable_http2: bool = False
    request_timeout: float = 60.0


class CLISettings(Group):
    """The settings under `cli`."""

    colors: bool = True
    prompt: bool | None = None
    wrap_lines: bool = True


class ClientMetricsSettings(Group):
    """The settings under `client.metrics`."""

    enabled: bool = False
    port: int = 4201


class ClientSettings(Group):
    """The settings under `client`."""

    max_retries: Annotated[int, Field(ge=0)] = 5
    retry_jitter_factor: Annotated[float, Field(ge=0)] = 0.2
    retry_extra_codes: (
        str | Annotated[int, Field(ge=100, le=599)] | set[Annotated[int, Field(ge=100, le=599)]] | None
    ) = None
    csrf_support_enabled: bool = True
    custom_headers: dict[str, str] = Field(default_factory=dict)
    server_version_check_enabled: bool = True
    metrics: ClientMetricsSettings = Field(default_factory=ClientMetricsSettings)


class CloudSettings(Group):
    """The settings under `cloud`."""

    api_url: str = "https://api.prefect.cloud/api"
    enable_orchestration_telemetry: bool = True
    max_log_size: int = 25000
    ui_url: str | None = None


class DeploymentsSettings(Group):
    """The settings under `deployments`."""

    clear_schedules_on_empty: bool = False
    default_work_pool_name: str | None = None
    default_docker_build_namespace: str | None = None


class EventsSettings(Group):
    """The settings under `events`."""

    worker_max_queue_size: Annotated[int, Field(ge=0)] = 0


class ExperimentsSettings(Group):
    """The settings under `experiments`."""

    warn: bool = True


class FlowsSettings(Group):
    """The settings under `flows`."""

    heartbeat_frequency: Annotated[int, Field(ge=30)] | None = 180
    default_retries: Annotated[int, Field(ge=0)] = 0
    default_retry_delay_seconds: int | float | list[float] = 0


class InternalSettings(Group):
    """The settings under `internal`."""

    logging_level: Level = "ERROR"


class LoggingToAPISettings(Group):
    """The settings under `logging.to_api`."""

    enabled: bool = True
    batch_interval: float = 2.0
    batch_size: int = 4000000
    max_log_size: int = 1000000
    when_missing_flow: Literal["warn", "error", "ignore"] = "warn"


class LoggingSettings(Group):
    """The settings under `logging`."""

    level: Level = "INFO"
    config_path: Path = Field(default_factory=Path)
    extra_loggers: str | list[str] | None = None
    log_prints: bool = False
    colors: bool = True
    markup: bool = False
    to_api: LoggingToAPISettings = Field(default_factory=LoggingToAPISettings)


class PluginsSettings(Group):
    """The settings under `plugins`."""

    enabled: bool = False
    allow: set[str] | None = None
    deny: set[str] | None = None
    setup_timeout_seconds: float = 20.0
    strict: bool = False
    safe_mode: bool = False


class ResultsSettings(Group):
    """The settings under `results`."""

    default_serializer: str = "pickle"
    persist_by_default: bool = False
    default_storage_block: str | None = None
    local_storage_path: Path = Field(default_factory=Path)


class RunnerServerSettings(Group):
    """The settings under `runner.server`."""

    enable: bool = False
    host: str = "localhost"
    port: int = 8080
    log_level: Level = "ERROR"
    missed_polls_tolerance: int = 2


class RunnerSettings(Group):
    """The settings under `runner`."""

    process_limit: int = 5
    poll_frequency: int = 10
    crash_on_cancellation_failure: bool = False
    auto_install_dependencies: bool = False
    server: RunnerServerSettings = Field(default_factory=RunnerServerSettings)


class TasksRunnerSettings(Group):
    """The settings under `tasks.runner`."""

    thread_pool_max_workers: Annotated[int, Field(gt=0)] | None = None
    process_pool_max_workers: Annotated[int, Field(gt=0)] | None = None


class TasksSchedulingSettings(Group):
    """The settings under `tasks.scheduling`."""

    default_storage_block: str | None = None
    delete_failed_submissions: bool = True


class TasksSettings(Group):
    """The settings under `tasks`."""

    refresh_cache: bool = False
    default_no_cache: bool = False
    disable_caching: bool = False
    default_retries: Annotated[int, Field(ge=0)] = 0
    default_retry_delay_seconds: str | int | float | list[float] | None = 0
    default_persist_result: bool | None = None
    runner: TasksRunnerSettings = Field(default_factory=TasksRunnerSettings)
    scheduling: TasksSchedulingSettings = Field(default_factory=TasksSchedulingSettings)


class TelemetrySettings(Group):
    """The settings under `telemetry`."""

    enable_resource_metrics: bool = True
    resource_metrics_interval_seconds: Annotated[int, Field(ge=1)] = 10


class TestingSettings(Group):
    """The settings under `testing`."""

    test_mode: bool = False
    unit_test_mode: bool = False
    unit_test_loop_debug: bool = True
    test_setting: Any | None = "FOO"


class WorkerWebserverSettings(Group):
    """The settings under `worker.webserver`."""

    host: str = "0.0.0.0"  # noqa: S104  (a published default, nothing binds to it)
    port: int = 8080


class WorkerSettings(Group):
    """The settings under `worker`."""

    debug_mode: bool = False
    heartbeat_seconds: float = 30
    query_seconds: float = 10
    prefetch_seconds: float = 10
    enable_cancellation: bool = False
    cancellation_poll_seconds: float = 120
    webserver: WorkerWebserverSettings = Field(default_factory=WorkerWebserverSettings)


class Settings(Group):
    """Everything that is published."""

    home: Path = Path("~/.prefect")
    profiles_path: Path = Field(default_factory=Path)
    debug_mode: bool = False
    api: APISettings = Field(default_factory=APISettings)
    cli: CLISettings = Field(default_factory=CLISettings)
    client: ClientSettings = Field(default_factory=ClientSettings)
    cloud: CloudSettings = Field(default_factory=CloudSettings)
    deployments: DeploymentsSettings = Field(default_factory=DeploymentsSettings)
    events: EventsSettings = Field(default_factory=EventsSettings)
    experiments: ExperimentsSettings = Field(default_factory=ExperimentsSettings)
    flows: FlowsSettings = Field(default_factory=FlowsSettings)
    internal: InternalSettings = Field(default_factory=InternalSettings)
    logging: LoggingSettings = Field(default_factory=LoggingSettings)
    plugins: PluginsSettings = Field(default_factory=PluginsSettings)
    results: ResultsSettings = Field(default_factory=ResultsSettings)
    runner: RunnerSettings = Field(default_factory=RunnerSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    tasks: TasksSettings = Field(default_factory=TasksSettings)
    telemetry: TelemetrySettings = Field(default_factory=TelemetrySettings)
    testing: TestingSettings = Field(default_factory=TestingSettings)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)
    ui_url: str | None = None
    silence_api_url_misconfiguration: bool = False

"""The settings as `/admin/settings` publishes them: the peer's whole tree, secrets hidden, extensions left out."""

from typing import Any

from pydantic import BaseModel

from locum.infra.settings.reading import group_of, is_ours
from locum.infra.settings.server import Settings

# What the peer publishes beside its server's settings belongs to its client. A server of ours has no client inside;
# the keys are here because the contract has them, with the values that a fresh client starts from.
_CLIENT: dict[str, Any] = {
    "debug_mode": False,
    "cli": {"colors": True, "prompt": None, "wrap_lines": True},
    "client": {
        "max_retries": 5,
        "retry_jitter_factor": 0.2,
        "retry_extra_codes": [],
        "csrf_support_enabled": True,
        "custom_headers": {},
        "server_version_check_enabled": True,
        "metrics": {"enabled": False, "port": 4201},
    },
    "cloud": {
        "api_url": "https://api.prefect.cloud/api",
        "enable_orchestration_telemetry": True,
        "max_log_size": 25_000,
        "ui_url": "https://app.prefect.cloud",
    },
    "deployments": {
        "clear_schedules_on_empty": False,
        "default_work_pool_name": None,
        "default_docker_build_namespace": None,
    },
    "events": {"worker_max_queue_size": 0},
    "experiments": {"warn": True},
    "flows": {"heartbeat_frequency": None, "default_retries": 0, "default_retry_delay_seconds": 0},
    "internal": {"logging_level": "ERROR"},
    "logging": {
        "level": "INFO",
        "extra_loggers": [],
        "log_prints": False,
        "colors": True,
        "markup": False,
        "to_api": {
            "enabled": True,
            "batch_interval": 2.0,
            "batch_size": 4_000_000,
            "max_log_size": 1_000_000,
            "when_missing_flow": "warn",
        },
    },
    "plugins": {
        "enabled": False,
        "allow": [],
        "deny": [],
        "setup_timeout_seconds": 20.0,
        "strict": False,
        "safe_mode": False,
    },
    "results": {
        "default_serializer": "pickle",
        "persist_by_default": False,
        "default_storage_block": None,
    },
    "runner": {
        "process_limit": 5,
        "poll_frequency": 10,
        "crash_on_cancellation_failure": False,
        "auto_install_dependencies": False,
        "server": {
            "enable": False,
            "host": "localhost",
            "port": 8080,
            "log_level": "ERROR",
            "missed_polls_tolerance": 2,
        },
    },
    "tasks": {
        "refresh_cache": False,
        "default_no_cache": False,
        "disable_caching": False,
        "default_retries": 0,
        "default_retry_delay_seconds": 0,
        "default_persist_result": None,
        "runner": {"thread_pool_max_workers": None, "process_pool_max_workers": None},
        "scheduling": {"default_storage_block": None, "delete_failed_submissions": True},
    },
    "telemetry": {"enable_resource_metrics": True, "resource_metrics_interval_seconds": 10},
    "testing": {"test_mode": False, "unit_test_mode": False, "unit_test_loop_debug": True, "test_setting": "FOO"},
    "worker": {
        "debug_mode": False,
        "heartbeat_seconds": 30.0,
        "query_seconds": 10.0,
        "prefetch_seconds": 10.0,
        "enable_cancellation": False,
        "cancellation_poll_seconds": 120.0,
        "webserver": {"host": "0.0.0.0", "port": 8080},  # noqa: S104 - a published default, nothing binds to it
    },
    "silence_api_url_misconfiguration": False,
}

# Machinery that the peer has and locum has no use for: the database is the queue, the lock and the cache.
_ABSENT: dict[str, Any] = {
    "docket": {"name": "locum", "url": "memory://"},
    "ephemeral": {"enabled": False, "startup_timeout_seconds": 20},
}


def public_view(settings: Settings) -> dict[str, Any]:
    """The published tree, ready for JSON; secrets appear as asterisks."""
    root = f"http://{settings.api.host}:{settings.api.port}"
    home = str(settings.home)
    own = settings.model_dump(mode="json")
    server: dict[str, Any] = _without_ours(Settings, own) | _ABSENT | {"memo_store_path": f"{home}/memo_store.toml"}
    if server["ui"]["api_url"] is None:
        server["ui"]["api_url"] = f"{root}/api"
    return {
        **_CLIENT,
        "home": home,
        "profiles_path": f"{home}/profiles.toml",
        "logging": {**_CLIENT["logging"], "config_path": f"{home}/logging.yml"},
        "results": {**_CLIENT["results"], "local_storage_path": f"{home}/storage"},
        "api": {
            "url": f"{root}/api",
            "auth_string": None,
            "key": None,
            "tls_insecure_skip_verify": False,
            "ssl_cert_file": None,
            "enable_http2": False,
            "request_timeout": 60.0,
        },
        "server": server,
        "ui_url": root,
    }


def _without_ours(group: type[BaseModel], values: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, field in group.model_fields.items():
        if is_ours(field):
            continue
        inner = group_of(field)
        kept[name] = values[name] if inner is None else _without_ours(inner, values[name])
    return kept

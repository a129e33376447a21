"""Puts the application together: the features' operations and sockets on what the process hands down."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from locum.app.routes import OPERATIONS, SOCKETS
from locum.domain.clock import now
from locum.features.csrf import commands as csrf
from locum.infra.db import Db
from locum.infra.settings import Settings
from locum.infra.web import Application, Cors, ForgeryGuard, Guard, Services


def create_app(settings: Settings, db: Db, hubs: Mapping[str, Any] | None = None) -> Application:
    """The application of one process; `hubs` is what features share within it."""
    services = Services(db=db, settings=settings, clock=now, hubs=hubs or {})
    auth_string = settings.api.auth_string
    return Application(
        OPERATIONS,
        SOCKETS,
        services,
        prefix=f"{(settings.api.base_path or '').rstrip('/')}/api",
        body_limit=settings.api.body_limit,
        gzip_minimum=settings.api.gzip_minimum_bytes,
        cors=Cors(
            settings.api.cors_allowed_origins, settings.api.cors_allowed_methods, settings.api.cors_allowed_headers
        ),
        guard=Guard(auth_string.get_secret_value()) if auth_string else None,
        forgery_guard=ForgeryGuard(partial(csrf.holds, db)) if settings.api.csrf_protection_enabled else None,
    )

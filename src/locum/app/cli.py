"""The command line. What a command needs is loaded when it runs, so that help appears at once."""

import sys
from importlib.metadata import version as installed
from typing import Any

import click

from locum.app.lazy import load
from locum.infra.problem import Problem


def _overrides(**given: Any) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in given.items() if value is not None}


_database_url = click.option(
    "--database-url", metavar="URL", help="PostgreSQL to use, instead of the one that locum brings along."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def locum() -> None:
    """A drop-in server for Prefect 3 on PostgreSQL."""


@locum.group()
def server() -> None:
    """The API server."""


@server.command("start")
@click.option("--host", metavar="ADDRESS", help="Where to listen (127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Which port (4200); 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="How many API processes (1).")
@_database_url
@click.option("--no-loops", is_flag=True, help="Leave background work to `locum loops start` elsewhere.")
def start_server(
    *, host: str | None, port: int | None, workers: int | None, database_url: str | None, no_loops: bool
) -> None:
    """Run the API, the background loops and, unless a database URL is given, PostgreSQL."""
    overrides = _overrides(
        api__host=host,
        api__port=port,
        api__workers=workers,
        database__connection_url=database_url,
        loops=False if no_loops else None,
    )
    load("locum.app.start:start_server")(overrides)


@locum.group()
def loops() -> None:
    """Background work."""


@loops.command("start")
@_database_url
def start_loops(*, database_url: str | None) -> None:
    """Run the background loops alone, beside servers started with --no-loops."""
    load("locum.app.start:start_loops")(_overrides(database__connection_url=database_url))


@locum.group()
def database() -> None:
    """The schema and the data."""


@database.command("upgrade")
@_database_url
def upgrade_database(*, database_url: str | None) -> None:
    """Bring the schema up to date, as a start of the server does."""
    load("locum.app.maintenance:upgrade_schema")(_overrides(database__connection_url=database_url))


@database.command("reset")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@_database_url
def reset_database(*, yes: bool, database_url: str | None) -> None:
    """Delete everything and begin anew."""
    if not yes:
        click.confirm("Delete all flows, runs, deployments, logs and events?", abort=True)
    load("locum.app.maintenance:reset_schema")(_overrides(database__connection_url=database_url))


@database.command("shell")
@_database_url
def open_shell(*, database_url: str | None) -> None:
    """Open psql on the database."""
    sys.exit(load("locum.app.maintenance:open_shell")(_overrides(database__connection_url=database_url)))


@locum.command("openapi")
def print_openapi() -> None:
    """Print the OpenAPI document of the API."""
    click.echo(load("locum.app.document:rendered")())


@locum.command("version")
def print_version() -> None:
    """Print the version of locum."""
    click.echo(installed("locum"))


def main() -> None:
    """The entry point: problems become one line and exit code 1."""
    try:
        locum()
    except Problem as problem:
        click.echo(f"locum: {problem}", err=True)
        sys.exit(1)

"""What is printed when the server is up: where it listens, where its data is, how to point a client at it."""

from importlib.metadata import version

from locum.infra.postgres import database_url, described
from locum.infra.settings import Settings
from locum.infra.web import API_VERSION, PARITY_VERSION


def banner(settings: Settings, address: str, *, embedded: bool) -> str:
    """A few lines for the terminal."""
    where = "PostgreSQL that locum brings along" if embedded else described(database_url(settings) or "")
    data = str(settings.home) if embedded else "in that database"
    return (
        f"locum {version('locum')} stands in for Prefect {PARITY_VERSION} (API {API_VERSION})\n"
        f"\n"
        f"  API        {address}\n"
        f"  data       {data}\n"
        f"  database   {where}\n"
        f"\n"
        f"  Point a client at it:   export PREFECT_API_URL={address}\n"
        f"  Stop it:                Ctrl-C\n"
    )

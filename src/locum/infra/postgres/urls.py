"""Where the external PostgreSQL is: one URL, made from whatever form the settings give it in."""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from locum.infra.postgres.problems import DatabaseProblem
from locum.infra.settings import Settings

_SCHEMES = ("postgresql", "postgres")
_OF_SQLALCHEMY = {"prepared_statement_cache_size", "prepared_statement_name_func", "async_fallback", "command_timeout"}


def database_url(settings: Settings) -> str | None:
    """The URL of the external PostgreSQL, or None where the embedded one is meant. Raises DatabaseProblem."""
    database = settings.database
    if database.connection_url is not None:
        return _normal(database.connection_url.get_secret_value(), settings)
    if database.host is None:
        return None
    if database.driver is not None and database.driver.partition("+")[0] not in _SCHEMES:
        msg = f"database driver {database.driver!r}: locum keeps its data in PostgreSQL; use postgresql+asyncpg."
        raise DatabaseProblem(msg)
    user = quote(database.user or "postgres", safe="")
    password = f":{quote(database.password.get_secret_value(), safe='')}" if database.password else ""
    port = f":{database.port}" if database.port else ""
    return _normal(f"postgresql://{user}{password}@{database.host}{port}/{database.name or 'prefect'}", settings)


def described(url: str) -> str:
    """The URL without its password, for people."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user = f"{parts.username}:***@"
    return url.replace(parts.netloc, user + parts.netloc.rpartition("@")[2], 1)


def _normal(url: str, settings: Settings) -> str:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as error:
        msg = f"the database URL is not a URL ({error}): use postgresql://user:password@host:5432/name."
        raise DatabaseProblem(msg) from error
    scheme = parts.scheme.partition("+")[0]
    if scheme == "sqlite":
        msg = (
            "the database URL is for SQLite, and locum keeps its data in PostgreSQL: give it a postgresql:// URL, "
            "or none at all for the PostgreSQL that it brings."
        )
        raise DatabaseProblem(msg)
    if scheme not in _SCHEMES:
        msg = (
            f"the database URL begins with {parts.scheme or url[:12]!r}: use postgresql://user:password@host:5432/name."
        )
        raise DatabaseProblem(msg)
    query = {name: value for name, value in parse_qsl(parts.query) if name not in _OF_SQLALCHEMY}
    if "ssl" in query:
        query["sslmode"] = query.pop("ssl")
    query |= _tls(settings)
    tail = f"?{urlencode(query, safe='/')}" if query else ""
    return f"postgresql://{parts.netloc}{parts.path}{tail}"


def _tls(settings: Settings) -> dict[str, str]:
    tls = settings.database.sqlalchemy.connect_args.tls
    if not tls.enabled:
        return {}
    mode = "require" if tls.ca_file is None else "verify-full" if tls.check_hostname else "verify-ca"
    files = {"sslrootcert": tls.ca_file, "sslcert": tls.cert_file, "sslkey": tls.key_file}
    return {"sslmode": mode} | {name: path for name, path in files.items() if path}


def place_of(url: str) -> tuple[str, str, str]:
    """The server, the user and the database that the URL names, for people."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    host = parts.hostname or query.get("host") or "localhost"
    where = host if host.startswith("/") else f"{host}:{parts.port or 5432}"
    return where, unquote(parts.username or ""), unquote(parts.path.lstrip("/"))

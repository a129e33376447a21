"""How the pool of one process behaves, according to the settings."""

from locum.infra.db import PoolOptions
from locum.infra.settings import Settings


def pool_options(settings: Settings, url: str) -> PoolOptions:
    """The pool's options; a statement cache of 0 is how settings say that a PgBouncer lies between."""
    database = settings.database
    pool = database.sqlalchemy
    caches = (pool.connect_args.statement_cache_size, pool.connect_args.prepared_statement_cache_size)
    return PoolOptions(
        url=url,
        max_size=pool.pool_size + pool.max_overflow,
        statement_timeout=database.timeout or 0.0,
        acquire_timeout=pool.pool_timeout or 30.0,
        pooler=0 in caches,
        search_path=pool.connect_args.search_path,
    )

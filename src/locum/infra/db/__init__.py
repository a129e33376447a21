"""The database: statements in Core, run by asyncpg, alone or in a transaction."""

from locum.infra.db.arrays import GivenRows
from locum.infra.db.failures import RETRYABLE, UniqueConflict
from locum.infra.db.json import dump_json, json_array_of, json_list, json_object, select_page
from locum.infra.db.pool import Db, Executor, PoolOptions, Row, Tx
from locum.infra.db.statement import Prepared, prepare

__all__ = [
    "RETRYABLE",
    "Db",
    "Executor",
    "GivenRows",
    "PoolOptions",
    "Prepared",
    "Row",
    "Tx",
    "UniqueConflict",
    "dump_json",
    "json_array_of",
    "json_list",
    "json_object",
    "prepare",
    "select_page",
]

"""What is worked out over many flow runs."""

from uuid import UUID

from sqlalchemy import Float, Select, Uuid, bindparam, func, select

from locum.features.task_runs.store.histories import RunCounts
from locum.filters.statements import Clauses, Restriction, Shaped
from locum.infra.db import Executor, prepare
from locum.tables.flow_runs import flow_run
from locum.tables.run_times import start_delay

HISTORY = RunCounts(flow_run)

_NAME = prepare(select(flow_run.c.name).where(flow_run.c.id == bindparam("run_id", type_=Uuid)))


def _average(clauses: Clauses) -> Select[float]:
    return select(func.avg(start_delay(flow_run.c)).cast(Float(53))).select_from(flow_run).where(*clauses)


_LATENESS = Shaped(_average)


async def lateness(tx: Executor, restriction: Restriction) -> float | None:
    """How late these runs began, in seconds, on average."""
    statement, values = _LATENESS(restriction)
    return await tx.value(statement, **values)


async def name_of(tx: Executor, run_id: UUID) -> str | None:
    """The run's name."""
    return await tx.value(_NAME, run_id=run_id)

"""The counting of runs by interval and state, for both kinds of run."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Executable, Float, Integer, Table, bindparam, func, select

from locum.filters.statements import Clauses, Restriction, Shaped
from locum.infra.db import Executor, Row
from locum.tables.base import Instant
from locum.tables.run_times import estimated_run_time, seconds, start_delay


class RunCounts:
    """Counts the runs of one table (flow runs or task runs) by interval and state."""

    def __init__(self, table: Table) -> None:
        """`table` has the columns of runs."""
        self._table = table
        self._statement = Shaped(self._build)

    async def rows(
        self, ex: Executor, restriction: Restriction, start: datetime, until: datetime, interval: timedelta
    ) -> list[Row]:
        """The counts and sums of each interval and state that has any; intervals are numbered from 0."""
        statement, values = self._statement(restriction)
        return await ex.rows(statement, **values, start=start, until=until, interval=interval.total_seconds())

    def _build(self, clauses: Clauses) -> Executable:
        run: Any = self._table.c
        start: BindParameter[datetime] = bindparam("start", type_=Instant)
        interval: BindParameter[float] = bindparam("interval", type_=Float(53))
        since = seconds(run.expected_start_time - start)
        bucket = func.floor(since / interval).cast(Integer).label("bucket")
        return (
            select(
                bucket,
                run.state_type,
                run.state_name,
                func.count().label("count_runs"),
                func.sum(func.greatest(0, estimated_run_time(run))).label("sum_estimated_run_time"),
                func.sum(func.greatest(0, start_delay(run))).label("sum_estimated_lateness"),
            )
            .select_from(self._table)
            .where(
                run.expected_start_time >= start,
                run.expected_start_time < bindparam("until", type_=Instant),
                *clauses,
            )
            # not ordered here: PostgreSQL would sort all runs rather than the few groups
            .group_by(bucket, run.state_type, run.state_name)
        )

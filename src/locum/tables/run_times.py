"""How long a run has been running, and how late it began: worked out from its columns at the moment of reading."""

from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, func
from sqlalchemy import literal_column as sql

from locum.domain.states import TERMINAL
from locum.tables.flow_runs import RunColumns


def seconds(span: ColumnElement[Any]) -> ColumnElement[float]:
    """A span of time in seconds; a float from the start, since the numeric of EXTRACT doubles the cost of a sum."""
    return func.date_part("epoch", span, type_=Float(53))


def seconds_since(moment: ColumnElement[Any]) -> ColumnElement[float]:
    """Seconds from `moment` until now."""
    return seconds(func.now() - moment)


def estimated_run_time(run: RunColumns) -> ColumnElement[float]:
    """Seconds that the run has been running, the present stretch included."""
    running = run.total_run_time + seconds_since(run.state_timestamp)
    return case((run.state_type == "RUNNING", running), else_=run.total_run_time)


def start_delay(run: RunColumns) -> ColumnElement[float]:
    """Seconds that the run began later than expected, or is late by now; 0 where it is neither."""
    begun = seconds(run.start_time - run.expected_start_time)
    waiting = and_(
        run.start_time.is_(None),
        run.expected_start_time < func.now(),
        run.state_type.is_(None) | run.state_type.not_in(sorted(TERMINAL)),
    )
    return case(
        (run.start_time > run.expected_start_time, begun),
        (waiting, seconds_since(run.expected_start_time)),
        else_=sql("0", Float(53)),
    )

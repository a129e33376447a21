"""The statement that finds which states runs have been in."""

from sqlalchemy import BigInteger, Executable, Table, Text, bindparam, func, or_, select, union_all
from sqlalchemy.sql.selectable import Select

from locum.features.observed_states.schemas import ObservedStateSort
from locum.infra.db import Executor, Row, prepare
from locum.tables.flow_runs import flow_run_state
from locum.tables.task_runs import task_run_state


def _seen_in(history: Table) -> Select[str, str, object, object]:
    return select(
        history.c.type.label("state_type"),
        history.c.name.label("state_name"),
        func.min(history.c.timestamp).label("first_seen"),
        func.max(history.c.timestamp).label("last_seen"),
    ).group_by(history.c.type, history.c.name)


def _observed(sort: ObservedStateSort) -> Executable:
    seen = union_all(_seen_in(flow_run_state), _seen_in(task_run_state)).subquery("seen")
    last = func.max(seen.c.last_seen)
    prefix = bindparam("prefix", type_=Text)
    order = (seen.c.state_type, seen.c.state_name)
    return (
        select(seen.c.state_type, seen.c.state_name, func.min(seen.c.first_seen).label("first_seen"))
        .add_columns(last.label("last_seen"))
        .where(
            or_(
                func.starts_with(func.lower(seen.c.state_type), func.lower(prefix)),
                func.starts_with(func.lower(seen.c.state_name), func.lower(prefix)),
            )
        )
        .group_by(*order)
        .order_by(*((last.desc(), *order) if sort is ObservedStateSort.LAST_SEEN_DESC else order))
        .limit(bindparam("limit", type_=BigInteger))
    )


_OBSERVED = {sort: prepare(_observed(sort)) for sort in ObservedStateSort}


async def observed(tx: Executor, prefix: str, sort: ObservedStateSort, limit: int) -> list[Row]:
    """The states whose type or name begins with the prefix, whatever its case."""
    return await tx.rows(_OBSERVED[sort], prefix=prefix, limit=limit)

"""The logs of a flow run as a file, which is written as fast as it is taken."""

import csv
import io
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from locum.features.logs import store
from locum.infra.db import Db, Row

_COLUMNS = ("timestamp", "level", "flow_run_id", "task_run_id", "message")


async def as_csv(db: Db, flow_run_id: UUID) -> AsyncGenerator[bytes]:
    """All lines of the run in order of time, as CSV under a heading, in pieces.

    The first lines are read before this returns, so that a failure can still be answered as one. Each page is a
    statement of its own: no connection waits for a slow client.
    """
    first = await store.of_flow_run(db, flow_run_id, datetime.min.replace(tzinfo=UTC), UUID(int=0))
    return _written(db, flow_run_id, first)


async def _written(db: Db, flow_run_id: UUID, lines: list[Row]) -> AsyncGenerator[bytes]:
    yield _rows([_COLUMNS])
    while lines:
        yield _rows([[line[column] for column in _COLUMNS] for line in lines])
        lines = await store.of_flow_run(db, flow_run_id, lines[-1]["timestamp"], lines[-1]["id"])


def _rows(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()

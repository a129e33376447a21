"""The logs of a flow run as a file."""

import csv
import io
from datetime import UTC, datetime
from uuid import UUID

from locum.features.logs import store
from locum.infra.db import Executor

_PAGE = 1000
_COLUMNS = ("timestamp", "level", "flow_run_id", "task_run_id", "message")


async def as_csv(tx: Executor, flow_run_id: UUID) -> bytes:
    """All lines of the run in order of time, as CSV under a heading."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    since, after = datetime.min.replace(tzinfo=UTC), UUID(int=0)
    while True:
        lines = await store.of_flow_run(tx, flow_run_id, since, after, _PAGE)
        writer.writerows([line[column] for column in _COLUMNS] for line in lines)
        if len(lines) < _PAGE:
            return text.getvalue().encode()
        since, after = lines[-1]["timestamp"], lines[-1]["id"]

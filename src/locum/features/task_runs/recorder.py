"""Records task runs from the events that clients send: in Prefect 3 most task runs exist only there."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from locum.features.events.schemas import Event
from locum.features.events.store.appending import Writing
from locum.features.task_runs.reports import Report, read
from locum.features.task_runs.store import recording
from locum.infra.db import Db


class TaskRunRecorder:
    """A recorder for the intake of events."""

    def ctes(self) -> Sequence[Writing]:
        """The upsert of the runs and the insert of their states."""
        return recording.recording()

    def parameters(self, events: Sequence[Event]) -> Mapping[str, Any]:
        """The newest report of each run, and every state."""
        return recording.values(_one_id_per_key(read(events), {}))

    async def mend(self, db: Db, events: Sequence[Event]) -> Mapping[str, Any]:
        """The same, of runs whose key is kept under another id already, such as those of an earlier attempt."""
        reports = read(events)
        keys = [key for report in reports if (key := report.natural_key) is not None]
        return recording.values(_one_id_per_key(reports, await recording.ids_by_key(db, keys)))


def _one_id_per_key(reports: list[Report], known: Mapping[tuple[UUID, str, str], UUID]) -> list[Report]:
    """The reports with one id for each key: the one that is kept already, else the one that came last."""
    ids = {key: report.run_id for report in reports if (key := report.natural_key) is not None} | dict(known)
    return [report.under(ids[key]) if (key := report.natural_key) in ids else report for report in reports]

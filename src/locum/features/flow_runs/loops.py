"""Background work on flow runs: lateness, pauses that run out, and what belongs to cancelled ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from locum.domain.errors import NotFound
from locum.domain.orchestration import Decision, FlowRunFacts, SlotLimit, govern
from locum.domain.states import named
from locum.features.concurrency import vacancies
from locum.features.concurrency.store import limits
from locum.features.events.emit import Announcement
from locum.features.flow_runs import commands, lifecycle, policy
from locum.features.flow_runs.deciding import cancels_new, slots_of
from locum.features.flow_runs.store import children, overdue, transitions
from locum.features.task_runs import commands as task_commands
from locum.features.task_runs import policy as task_policy
from locum.features.task_runs.callers import Caller
from locum.infra.db import Db, Executor, Row, Tx
from locum.infra.loop import Background, Report
from locum.infra.settings import Settings

_BATCH = 400
_FOLLOWED_FOR = timedelta(days=1)
_WITH_PARENT = "The flow run that it belongs to was cancelled."


class LateRuns:
    """Marks scheduled runs that nobody took in time: a batch is read in one statement and written in another."""

    def __init__(self, after: timedelta) -> None:
        """A run is late so long `after` its time."""
        self._after = after

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Mark one batch."""
        rows = await overdue.untouched(db, now - self._after, _BATCH)
        full = await _of_cancelling(db, rows)
        decisions: list[Decision[FlowRunFacts]] = []
        announcements: list[Announcement] = []
        done = 0
        for row in rows:
            facts = transitions.facts_of(row, slots_of(row, full.get(row["concurrency_limit_id"])))
            asked = Caller(now).proposes(
                named.late(now, row["next_scheduled_start_time"]), facts, transitions.state_of(row)
            )
            decision = govern(policy.MARK_LATE, asked)
            if decision.effects:
                done += await self._mark_alone(db, row, now)
                continue
            announcement = lifecycle.state_changed(row, decision, now)
            if announcement is not None:
                decisions.append(decision)
                announcements.append(announcement)
        if decisions:
            done += await overdue.write_many(db, decisions, announcements)
        return Report(done, full=len(rows) == _BATCH and done > 0)

    async def _mark_alone(self, db: Db, row: Row, now: datetime) -> int:
        """What a run's transition drags along is carried out in a transaction of its own."""
        due = row["next_scheduled_start_time"]
        try:
            decision = await commands.set_state(db, row["id"], named.late(now, due), policy.MARK_LATE, Caller(now))
        except NotFound:
            return 0
        return int(decision.state is not None)


async def _of_cancelling(ex: Executor, rows: Sequence[Row]) -> dict[UUID, SlotLimit]:
    """The limits of deployments that cancel new runs where they are full."""
    ids = {row["concurrency_limit_id"] for row in rows if row["concurrency_limit_id"] and cancels_new(row)}
    return await vacancies.of_ids(ex, ids) if ids else {}


class PauseExpirations:
    """Fails runs whose pause has run out."""

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Fail one batch."""
        ids = await overdue.paused_out(db, now, _BATCH)
        done = 0
        for run_id in ids:
            done += await db.transact(partial(_fail, run_id=run_id, now=now))
        return Report(done, full=len(ids) == _BATCH and done > 0)


async def _fail(tx: Tx, run_id: UUID, now: datetime) -> bool:
    """Fail a run, unless it was resumed meanwhile."""
    if not await overdue.hold_paused_out(tx, run_id, now):
        return False
    failed = named.failed(now, "The flow was paused and never resumed.")
    await commands.set_state_in(tx, run_id, failed, policy.FORCED, Caller(now))
    return True


class CancelledChildren:
    """Cancels what belongs to cancelled flow runs: their task runs, and their subflows."""

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Cancel one batch of each; those of runs that were cancelled long ago are left alone."""
        since = now - _FOLLOWED_FOR
        task_runs = await children.task_runs(db, since, _BATCH)
        subflows = await children.subflows(db, since, _BATCH)
        done = 0
        for run_id, tags in task_runs.items():
            done += await db.transact(partial(_cancel_task_run, run_id=run_id, tags=tags, since=since, now=now))
        for run_id in subflows:
            done += await db.transact(partial(_cancel_subflow, run_id=run_id, since=since, now=now))
        return Report(done, full=_BATCH in (len(task_runs), len(subflows)) and done > 0)


async def _cancel_task_run(tx: Tx, run_id: UUID, tags: Sequence[str], since: datetime, now: datetime) -> bool:
    """The limits of its tags are held before the run, as by everybody who writes its state."""
    if tags:
        await limits.hold(tx, names=[limits.name_of(tag) for tag in tags])
    if not await children.hold_task_run(tx, run_id, since):
        return False
    await task_commands.set_state(tx, run_id, named.cancelled(now, _WITH_PARENT), task_policy.FORCED, Caller(now))
    return True


async def _cancel_subflow(tx: Tx, run_id: UUID, since: datetime, now: datetime) -> bool:
    """Where it has infrastructure of its own, whoever carries it out ends it."""
    held, deployed = await children.hold_subflow(tx, run_id, since)
    if not held:
        return False
    state = (named.cancelling if deployed else named.cancelled)(now, _WITH_PARENT)
    await commands.set_state_in(tx, run_id, state, policy.FORCED, Caller(now))
    return True


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """The loops of this feature that the settings let run."""
    services = settings.services
    late, pauses, cancelled = services.late_runs, services.pause_expirations, services.cancellation_cleanup
    found: list[Background] = []
    if late.enabled:
        found.append(Background("late runs", LateRuns(late.after_seconds), every=late.loop_seconds))
    if pauses.enabled:
        found.append(Background("pause expirations", PauseExpirations(), every=pauses.loop_seconds))
    if cancelled.enabled:
        found.append(Background("cancelled children", CancelledChildren(), every=cancelled.loop_seconds))
    return tuple(found)

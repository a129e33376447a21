"""Runs that nobody took in time, and pauses that ran out."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, update

from locum.features.flow_runs.loops import LateRuns, PauseExpirations
from locum.features.flow_runs.store import overdue
from locum.infra.db import Db
from locum.tables.events import event
from locum.tables.flow_runs import flow_run, flow_run_state
from tests.factories.runs import NOON, a_flow, a_run

LATE = LateRuns(timedelta(seconds=15))


async def read(db: Db, run_id: UUID) -> Any:
    return await db.row(
        select(
            flow_run.c.state_type,
            flow_run.c.state_name,
            flow_run.c.state_id,
            flow_run.c.state,
            flow_run.c.next_scheduled_start_time,
            flow_run.c.expected_start_time,
            flow_run.c.run_count,
        ).where(flow_run.c.id == run_id)
    )


class TestLateRuns:
    async def test_runs_are_late_fifteen_seconds_after_their_time(self, db: Db):
        flow = await a_flow(db)
        late = await a_run(db, flow, due=NOON - timedelta(seconds=16))
        punctual = await a_run(db, flow, due=NOON - timedelta(seconds=14))
        begun = await a_run(db, flow, "RUNNING", due=NOON - timedelta(hours=1))
        waiting = await a_run(db, flow, name="AwaitingRetry", due=NOON - timedelta(hours=1))
        assert (await LATE.run_once(db, NOON)).done == 1
        names = [(await read(db, run))["state_name"] for run in (late, punctual, begun, waiting)]
        assert names == ["Late", "Scheduled", "Running", "AwaitingRetry"]

    async def test_what_is_written_of_a_late_run(self, db: Db):
        due = NOON - timedelta(minutes=1)
        run = await a_run(db, await a_flow(db), due=due)
        await LATE.run_once(db, NOON)
        found = await read(db, run)
        assert (found["state_type"], found["next_scheduled_start_time"], found["run_count"]) == ("SCHEDULED", due, 0)
        assert found["expected_start_time"] == due
        state = orjson.loads(found["state"])
        assert datetime.fromisoformat(state["state_details"]["scheduled_time"]) == due
        history = await db.rows(select(flow_run_state.c.id, flow_run_state.c.name, flow_run_state.c.state_details))
        assert [(row["id"], row["name"]) for row in history] == [(found["state_id"], "Late")]
        assert orjson.loads(history[0]["state_details"])["flow_run_id"] == str(run)
        events = await db.rows(select(event.c.id, event.c.event))
        assert [(row["id"], row["event"]) for row in events] == [(found["state_id"], "prefect.flow-run.Late")]

    async def test_late_once(self, db: Db):
        await a_run(db, await a_flow(db), due=NOON - timedelta(minutes=1))
        assert [(await LATE.run_once(db, NOON)).done for _ in range(2)] == [1, 0]

    async def test_a_batch_takes_two_statements(self, db: Db):
        flow = await a_flow(db)
        for minute in range(5):
            await a_run(db, flow, due=NOON - timedelta(minutes=minute + 1))
        before = db.statements
        assert (await LATE.run_once(db, NOON)).done == 5
        assert db.statements - before == 2

    async def test_who_was_taken_meanwhile_is_left_alone(self, db: Db, monkeypatch: Any):
        flow = await a_flow(db)
        taken, left = [await a_run(db, flow, due=NOON - timedelta(minutes=n)) for n in (1, 2)]
        write_many = overdue.write_many

        async def write_late(ex: Db, *rest: Any) -> int:
            await ex.run(
                update(flow_run)
                .where(flow_run.c.id == taken)
                .values(state_id=taken, state_type="PENDING", state_name="Pending")
            )
            return await write_many(ex, *rest)

        monkeypatch.setattr(overdue, "write_many", write_late)
        assert (await LATE.run_once(db, NOON)).done == 1
        assert [(await read(db, run))["state_name"] for run in (taken, left)] == ["Pending", "Late"]
        assert [row["event"] for row in await db.rows(select(event.c.event))] == ["prefect.flow-run.Late"]


class TestPauseExpirations:
    async def test_a_pause_that_ran_out_is_a_failure(self, db: Db):
        flow = await a_flow(db)
        out, still, endless = [
            await a_run(db, flow, "PAUSED", state_details={"pause_timeout": timeout})
            for timeout in (NOON - timedelta(seconds=1), NOON + timedelta(seconds=1), None)
        ]
        assert (await PauseExpirations().run_once(db, NOON)).done == 1
        assert [(await read(db, run))["state_type"] for run in (out, still, endless)] == ["FAILED", "PAUSED", "PAUSED"]
        state = orjson.loads((await read(db, out))["state"])
        assert state["message"] == "The flow was paused and never resumed."

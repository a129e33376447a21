"""Task runs recorded from events, in whatever order these come."""

import asyncio
import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from locum.domain.ids import new_id
from locum.features.events.intake import Intake
from locum.features.events.schemas import Event
from locum.features.task_runs.recorder import TaskRunRecorder
from locum.infra.db import Db
from locum.tables.events import event
from locum.tables.task_runs import task_run, task_run_state
from tests.factories.task_events import START, course, task_event


def _events(*told: dict[str, Any]) -> list[Event]:
    return [Event.model_validate(one) for one in told]


def _intake(db: Db) -> Intake:
    return Intake(db, [TaskRunRecorder()])


async def _row(db: Db, run_id: Any) -> dict[str, Any]:
    found = await db.row(select(task_run).where(task_run.c.id == run_id))
    assert found is not None
    return dict(found)


async def _states(db: Db, run_id: Any) -> list[str]:
    statement = (
        select(task_run_state.c.type)
        .where(task_run_state.c.task_run_id == run_id)
        .order_by(task_run_state.c.timestamp, task_run_state.c.id)
    )
    return [row["type"] for row in await db.rows(statement)]


class TestRecorder:
    async def test_a_course_in_one_batch(self, db: Db):
        run_id, flow_run_id = new_id(), new_id()
        await _intake(db).accept(_events(*course(run_id, flow_run_id)))
        row = await _row(db, run_id)
        assert row["state_type"] == "COMPLETED"
        assert row["flow_run_id"] == flow_run_id
        assert row["total_run_time"] == 1.0
        assert row["start_time"] == START + timedelta(seconds=1)
        assert row["end_time"] == START + timedelta(seconds=2)
        assert orjson.loads(row["state"])["state_details"]["task_run_id"] == str(run_id)
        assert orjson.loads(row["empirical_policy"])["retries"] == 0
        assert await _states(db, run_id) == ["PENDING", "RUNNING", "COMPLETED"]

    async def test_one_by_one_backwards_and_twice(self, db: Db):
        run_id = new_id()
        intake = _intake(db)
        for told in [*reversed(course(run_id)), *course(run_id)[:1]]:
            await intake.accept(_events(told))
        row = await _row(db, run_id)
        assert (row["state_type"], row["run_count"]) == ("COMPLETED", 1)

    async def test_duplicates_are_dropped(self, db: Db):
        told = course(new_id())
        intake = _intake(db)
        await intake.accept(_events(*told, *told))
        await intake.accept(_events(*told))
        assert await db.value(text("select count(*) from event")) == 3
        assert await db.value(text("select count(*) from task_run_state")) == 3

    async def test_states_of_one_moment_are_ranked(self, db: Db):
        run_id = new_id()
        intake = _intake(db)
        for kind, name in (("RUNNING", "Running"), ("COMPLETED", "Completed"), ("PENDING", "Pending")):
            await intake.accept(_events(task_event(run_id, kind, name, at=START)))
        assert (await _row(db, run_id))["state_type"] == "COMPLETED"

    async def test_what_is_no_report_is_kept_as_an_event_only(self, db: Db):
        strange = course(new_id())[0]
        strange["payload"] = {"task_run": 5}
        server = course(new_id())[0]
        server["resource"].pop("prefect.orchestration")
        await _intake(db).accept(_events(strange, server))
        assert await db.value(text("select count(*) from event")) == 2
        assert await db.value(text("select count(*) from task_run")) == 0

    async def test_a_later_attempt_keeps_the_id(self, db: Db):
        first, second = new_id(), new_id()
        same: dict[str, Any] = {"flow_run_id": new_id(), "dynamic_key": "0"}
        intake = _intake(db)
        await intake.accept(_events(task_event(first, "COMPLETED", "Completed", at=START, **same)))
        again = task_event(second, "RUNNING", "Running", at=START + timedelta(hours=1), **same)
        await intake.accept(_events(again, *course(new_id())))
        row = await _row(db, first)
        assert row["state_type"] == "RUNNING"
        assert orjson.loads(row["state"])["state_details"]["task_run_id"] == str(first)
        assert await _states(db, first) == ["COMPLETED", "RUNNING"]
        assert await db.value(text("select count(*) from task_run")) == 2

    @settings(max_examples=30)
    @given(st.randoms(use_true_random=False), st.integers(1, 7))
    async def test_order_and_batching_make_no_difference(self, own_db: Db, chance: random.Random, size: int):
        runs = [new_id() for _ in range(3)]
        flow_run_id = new_id()
        told = [one for run_id in runs for one in course(run_id, flow_run_id)]
        times = dict.fromkeys(("start_time", "end_time", "expected_start_time"), START.isoformat())
        told.append(
            task_event(
                runs[0],
                "SCHEDULED",
                "AwaitingRetry",
                at=START + timedelta(seconds=5),
                flow_run_id=flow_run_id,
                run_count=1,
                **times,
            )
        )
        intake = _intake(own_db)
        for one in told:
            await intake.accept(_events(one))
        expected = [await _seen(own_db, run_id) for run_id in runs]
        for table in (task_run, task_run_state, event):
            await own_db.run(table.delete())
        shuffled = told + chance.sample(told, 4)
        chance.shuffle(shuffled)
        for start in range(0, len(shuffled), size):
            await intake.accept(_events(*shuffled[start : start + size]))
        assert [await _seen(own_db, run_id) for run_id in runs] == expected


async def _seen(db: Db, run_id: UUID) -> tuple[dict[str, Any], list[str]]:
    return {**await _row(db, run_id), "created": None, "updated": None}, await _states(db, run_id)


class TestIntake:
    async def test_an_event_that_cannot_be_held_is_left_out(self, db: Db):
        good, bad = course(new_id()), course(new_id())[0]
        bad["resource"] = {"prefect.resource.id": "".join(str(uuid4()) for _ in range(400))}
        await _intake(db).accept_each(_events(*good, bad))
        assert await db.value(text("select count(*) from event")) == 3

    async def test_batches_that_come_together_are_written_together(self, own_db: Db):
        intake = _intake(own_db)
        await asyncio.gather(*(intake.accept(_events(*course(new_id()))) for _ in range(50)))
        assert await own_db.value(text("select count(*) from task_run")) == 50
        assert own_db.statements <= 4

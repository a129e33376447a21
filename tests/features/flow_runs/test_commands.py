"""Transitions on a real database: what is written where, many at once, and the same one twice."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.domain.orchestration import SetStateStatus
from locum.domain.states import TERMINAL, StateCreate, StateType
from locum.features.flow_runs import commands, policy
from locum.features.task_runs.callers import Caller
from locum.infra.db import Db
from tests.factories.runs import a_flow, a_run

ENDS = {one.value for one in TERMINAL}


async def _propose(db: Db, run: UUID, type: str, *, force: bool = False, **more: Any) -> Any:
    moment = now()
    proposed = StateCreate.model_validate({"type": type, **more}).to_state(moment)
    return await commands.set_state(db, run, proposed, policy.choose(force=force), Caller(moment))


async def _history(db: Db, run: UUID) -> Sequence[Any]:
    return await db.rows(
        text(f"SELECT id, type, name, timestamp FROM flow_run_state WHERE flow_run_id = '{run}' ORDER BY timestamp, id")
    )


async def _announced(db: Db, run: UUID) -> Sequence[Any]:
    return await db.rows(
        text(
            "SELECT id, event, follows, resource ->> 'prefect.state-type' AS type FROM event"
            f" WHERE resource_id = 'prefect.flow-run.{run}' ORDER BY txid, seq"
        )
    )


async def _row(db: Db, run: UUID) -> Any:
    return await db.row(text(f"SELECT * FROM flow_run WHERE id = '{run}'"))


async def _assert_of_one_mind(db: Db, run: UUID) -> None:
    """The row, the last of the history and the last of the events tell of the same state."""
    row, history, events = await _row(db, run), await _history(db, run), await _announced(db, run)
    last = history[-1]
    assert (row["state_id"], row["state_type"], row["state_name"], row["state_timestamp"]) == tuple(last.values())
    shown = orjson.loads(row["state"])
    assert (shown["id"], shown["type"], shown["name"]) == (str(last["id"]), last["type"], last["name"])
    assert [one["id"] for one in events] == [one["id"] for one in history]
    assert [one["type"] for one in events] == [one["type"] for one in history]
    assert [one["timestamp"] for one in history] == sorted({one["timestamp"] for one in history})
    running = sum(one["type"] == "RUNNING" for one in history)
    assert row["run_count"] <= running
    assert (row["end_time"] is not None) == (row["state_type"] in ENDS)
    assert (row["next_scheduled_start_time"] is not None) == (row["state_type"] == "SCHEDULED")


class TestSetState:
    async def test_what_is_written(self, db: Db):
        run = await a_run(db, await a_flow(db), "PENDING")
        decision = await _propose(db, run, "RUNNING", message="go", data={"a": 1})
        assert decision.status is SetStateStatus.ACCEPT
        await _assert_of_one_mind(db, run)
        row = await _row(db, run)
        assert (row["run_count"], row["start_time"]) == (1, decision.state.timestamp)
        assert orjson.loads(row["state"])["data"] == {"a": 1}

    async def test_two_statements_and_no_transaction(self, db: Db):
        run = await a_run(db, await a_flow(db), "PENDING")
        before = db.statements
        await _propose(db, run, "RUNNING")
        assert db.statements - before == 2

    async def test_refused_and_nothing_is_written_nor_told(self, db: Db):
        run = await a_run(db, await a_flow(db), "COMPLETED")
        before = dict(await _row(db, run))
        for kind, status in (("CANCELLING", SetStateStatus.ABORT), ("CRASHED", SetStateStatus.ABORT)):
            assert (await _propose(db, run, kind)).status is status
        assert dict(await _row(db, run)) == before
        assert (await _history(db, run), await _announced(db, run)) == ([], [])

    async def test_told_to_wait(self, db: Db):
        run = await a_run(db, await a_flow(db), due=now() + timedelta(hours=1))
        decision = await _propose(db, run, "RUNNING")
        assert decision.status is SetStateStatus.WAIT
        assert (await _row(db, run))["state_type"] == "SCHEDULED"
        assert await _announced(db, run) == []

    async def test_rejected_into_another_state(self, db: Db):
        run = await a_run(db, await a_flow(db), due=now() - timedelta(hours=1))
        decision = await _propose(db, run, "CANCELLING")
        assert (decision.status, decision.state.type) == (SetStateStatus.REJECT, StateType.CANCELLED)
        await _assert_of_one_mind(db, run)

    async def test_the_same_transition_twice(self, db: Db):
        run = await a_run(db, await a_flow(db), "PENDING")
        details = {"transition_id": str(new_id())}
        first = await _propose(db, run, "RUNNING", state_details=details)
        again = await _propose(db, run, "RUNNING", state_details=details)
        assert (again.status, again.state) == (SetStateStatus.REJECT, None)
        assert again.current.id == first.state.id
        assert len(await _history(db, run)) == len(await _announced(db, run)) == 1


class TestManyAtOnce:
    async def test_only_one_submits(self, db: Db):
        run = await a_run(db, await a_flow(db), due=now() - timedelta(hours=1))
        decisions = await asyncio.gather(
            *(_propose(db, run, "PENDING", state_details={"transition_id": str(new_id())}) for _ in range(10))
        )
        assert [one.status for one in decisions].count(SetStateStatus.ACCEPT) == 1
        assert len(await _history(db, run)) == 1
        await _assert_of_one_mind(db, run)

    async def test_the_same_transition_sent_by_many_is_made_once(self, db: Db):
        run = await a_run(db, await a_flow(db), "PENDING")
        details = {"transition_id": str(new_id())}
        decisions = await asyncio.gather(*(_propose(db, run, "RUNNING", state_details=details) for _ in range(10)))
        assert len({one.current.id for one in decisions}) == 1
        assert (await _row(db, run))["run_count"] == 1
        await _assert_of_one_mind(db, run)

    async def test_two_ends_cannot_both_be(self, db: Db):
        """Of ends that exclude each other one comes about; whoever loses is told of it."""
        run = await a_run(db, await a_flow(db), "RUNNING")
        decisions = await asyncio.gather(*(_propose(db, run, "CRASHED") for _ in range(10)))
        assert [one.status for one in decisions].count(SetStateStatus.ACCEPT) == 1
        assert [one["type"] for one in await _history(db, run)] == ["CRASHED"]
        await _assert_of_one_mind(db, run)

    async def test_all_sorts(self, db: Db):
        run = await a_run(db, await a_flow(db), "PENDING")
        types = ["RUNNING", "COMPLETED", "FAILED", "CANCELLING", "PAUSED", "CANCELLED"] * 3
        decisions = await asyncio.gather(*(_propose(db, run, kind) for kind in types))
        written = [one.state.id for one in decisions if one.state is not None]
        assert {one["id"] for one in await _history(db, run)} == set(written)
        await _assert_of_one_mind(db, run)


class TestSubflows:
    async def test_the_parent_task_is_in_the_same_state(self, db: Db):
        flow, parent = await a_flow(db), new_id()
        await db.run(
            text(f"INSERT INTO task_run (id, name, task_key, dynamic_key) VALUES ('{parent}', 'parent', 'k', '0')")
        )
        run = await a_run(db, flow, "PENDING", parent_task_run_id=parent)
        for kind in ("RUNNING", "COMPLETED"):
            await _propose(db, run, kind)
            row = await db.row(text(f"SELECT state_type, state FROM task_run WHERE id = '{parent}'"))
            assert row is not None
            assert row["state_type"] == kind
            assert orjson.loads(row["state"])["state_details"]["child_flow_run_id"] == str(run)
        await db.run(text(f"DELETE FROM task_run WHERE id = '{parent}'"))
        assert (await _row(db, run))["parent_task_run_id"] is None

    async def test_outlives_a_parent_that_is_gone(self, db: Db):
        run = await a_run(db, await a_flow(db), "PENDING", parent_task_run_id=new_id())
        assert (await _propose(db, run, "RUNNING")).status is SetStateStatus.ACCEPT
        await _assert_of_one_mind(db, run)


class TestAnySequence:
    @given(
        steps=st.lists(
            st.tuples(
                st.sampled_from([one.value for one in StateType]),
                st.booleans(),
                st.fixed_dictionaries(
                    {},
                    optional={
                        "pause_key": st.sampled_from("ab"),
                        "pause_reschedule": st.booleans(),
                        "transition_id": st.sampled_from([str(new_id()) for _ in range(2)]),
                    },
                ),
            ),
            min_size=1,
            max_size=8,
        ),
    )
    @settings(max_examples=25)
    async def test_leaves_row_history_and_events_of_one_mind(self, db: Db, steps: list[Any]):
        run = await a_run(db, await a_flow(db), "PENDING")
        written: list[UUID] = []
        for kind, force, details in steps:
            decision = await _propose(db, run, kind, force=force, state_details=details)
            if decision.state is not None:
                written.append(decision.state.id)
        assert [one["id"] for one in await _history(db, run)] == written
        if written:
            await _assert_of_one_mind(db, run)

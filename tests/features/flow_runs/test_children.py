"""What belongs to a cancelled flow run follows it."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, insert, select

from locum.domain.ids import new_id
from locum.domain.states import named
from locum.features.concurrency.accounting import Patience
from locum.features.concurrency.commands import holding
from locum.features.concurrency.store import limits
from locum.features.flow_runs.loops import CancelledChildren
from locum.features.task_runs import commands as task_commands
from locum.features.task_runs import policy as task_policy
from locum.features.task_runs.callers import Caller
from locum.infra.db import Db
from locum.tables.concurrency import concurrency_slot
from locum.tables.flow_runs import flow_run
from locum.tables.task_runs import task_run
from tests.factories.runs import NOON, a_deployment, a_flow, a_run, run_row

LATELY, LONG_AGO = NOON - timedelta(hours=1), NOON - timedelta(days=2)


async def a_task_run(db: Db, flow_id: UUID, flow_run_id: UUID, type: str = "RUNNING", **columns: Any) -> UUID:
    row = {name: value for name, value in run_row(flow_id, type).items() if name in task_run.c}
    keys = {"task_key": "t", "dynamic_key": str(row["id"]), "flow_run_id": flow_run_id}
    await db.run(insert(task_run).values({**row, **keys, **columns}))
    return row["id"]


async def states(db: Db, table: Any, *ids: UUID) -> list[str]:
    return [await db.value(select(table.c.state_type).where(table.c.id == one)) for one in ids]


async def follow(db: Db) -> int:
    return (await CancelledChildren().run_once(db, NOON)).done


@pytest.fixture
async def flow_id(db: Db) -> UUID:
    return await a_flow(db)


class TestTaskRuns:
    async def test_those_that_go_on_are_cancelled(self, db: Db, flow_id: UUID):
        cancelled = await a_run(db, flow_id, "CANCELLED", end_time=LATELY)
        ended, going = await a_task_run(db, flow_id, cancelled, "COMPLETED"), await a_task_run(db, flow_id, cancelled)
        elsewhere = await a_task_run(db, flow_id, await a_run(db, flow_id, "RUNNING"))
        assert await follow(db) == 1
        assert await states(db, task_run, ended, going, elsewhere) == ["COMPLETED", "CANCELLED", "RUNNING"]
        state = orjson.loads(await db.value(select(task_run.c.state).where(task_run.c.id == going)))
        assert state["message"] == "The flow run that it belongs to was cancelled."
        assert await follow(db) == 0

    async def test_what_was_cancelled_long_ago_is_left_alone(self, db: Db, flow_id: UUID):
        going = await a_task_run(db, flow_id, await a_run(db, flow_id, "CANCELLED", end_time=LONG_AGO))
        assert await follow(db) == 0
        assert await states(db, task_run, going) == ["RUNNING"]

    async def test_those_that_end_at_that_moment_are_not_in_the_way(self, db: Db, flow_id: UUID):
        """Who ends a run holds the limits of its tags and then the run; a circle would be broken after a second."""
        await limits.put(db, limits.name_of("t"), 100)
        worst = 0.0
        for _ in range(15):
            cancelled = await a_run(db, flow_id, "CANCELLED", end_time=LATELY)
            ids = [await a_task_run(db, flow_id, cancelled, tags='["t"]') for _ in range(6)]
            for run_id in ids:
                await holding.take_for_run(db, ["t"], run_id, Patience(1, 1))
            ending = [
                task_commands.set_state(db, run_id, named.cancelled(NOON), task_policy.CORE, Caller(NOON))
                for run_id in ids
            ]
            began = time.perf_counter()
            await asyncio.gather(follow(db), follow(db), *ending)
            worst = max(worst, time.perf_counter() - began)
        assert worst < 1
        assert await db.value(select(func.count()).select_from(concurrency_slot)) == 0


class TestSubflows:
    @pytest.mark.parametrize(("deployed", "expected"), [(False, "CANCELLED"), (True, "CANCELLING")])
    async def test_one_that_is_carried_out_elsewhere_is_ended_there(
        self, db: Db, flow_id: UUID, deployed: bool, expected: str
    ):
        cancelled = await a_run(db, flow_id, "CANCELLED", end_time=LATELY)
        calling = await a_task_run(db, flow_id, cancelled)
        deployment_id = await a_deployment(db, flow_id) if deployed else None
        called = await a_run(db, flow_id, "RUNNING", parent_task_run_id=calling, deployment_id=deployment_id)
        await follow(db)
        assert await states(db, flow_run, called) == [expected]
        assert await states(db, task_run, calling) == [expected]
        await follow(db)
        assert await states(db, flow_run, called) == [expected]
        assert await states(db, task_run, calling) == ["CANCELLED"]
        assert await follow(db) == 0

    async def test_one_of_a_run_that_goes_on_does_too(self, db: Db, flow_id: UUID):
        calling = await a_task_run(db, flow_id, await a_run(db, flow_id, "RUNNING"))
        called = await a_run(db, flow_id, "RUNNING", parent_task_run_id=calling)
        await a_run(db, flow_id, "RUNNING", parent_task_run_id=new_id())
        assert await follow(db) == 0
        assert await states(db, flow_run, called) == ["RUNNING"]

"""What the server's rules do to task runs on a real database: slots of tags, remembered results, retries."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import insert, select

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.domain.orchestration import Decision, SetStateStatus, TaskRunFacts
from locum.domain.states import State, StateCreate, StateType
from locum.features.flow_runs import commands as flow_runs
from locum.features.flow_runs import policy as flow_run_policy
from locum.features.task_runs import commands, policy
from locum.features.task_runs.callers import Caller
from locum.features.task_runs.schemas import TaskRunCreate
from locum.features.task_runs.store import runs
from locum.infra.db import Db
from locum.tables.concurrency import concurrency_limit, concurrency_slot
from locum.tables.flow_runs import flow_run
from locum.tables.task_runs import remembered_result, task_run
from tests.factories.runs import a_flow, a_run

CONTENDERS = 20


async def a_tag(db: Db, tag: str, size: int, **columns: Any) -> None:
    await db.run(insert(concurrency_limit).values(id=new_id(), name=f"tag:{tag}", limit=size, **columns))


async def a_task_run(db: Db, *tags: str, flow_run_id: UUID | None = None) -> UUID:
    body = TaskRunCreate(task_key="t", dynamic_key=str(new_id()), tags=list(tags), flow_run_id=flow_run_id)
    text, _ = await commands.create(db, body, Caller(now()))
    return UUID(orjson.loads(text)["id"])


async def propose(
    db: Db, run_id: UUID, kind: str, *, force: bool = False, at: datetime | None = None, **more: Any
) -> Decision[TaskRunFacts]:
    moment = at or now()
    proposed = StateCreate.model_validate({"type": kind, **more}).to_state(moment)
    return await commands.set_state(db, run_id, proposed, policy.choose(proposed, force=force), Caller(moment))


async def holders(db: Db) -> Sequence[UUID | None]:
    return [row["holder_id"] for row in await db.rows(select(concurrency_slot.c.holder_id))]


def written(decision: Decision[TaskRunFacts]) -> State:
    assert decision.state is not None
    return decision.state


class TestTags:
    @pytest.mark.parametrize("decay", [0.0, 1e-9])
    async def test_the_last_slot_has_one_winner(self, db: Db, decay: float):
        await a_tag(db, "a", 1, slot_decay_per_second=decay)
        ids = [await a_task_run(db, "a") for _ in range(CONTENDERS)]
        decisions = await asyncio.gather(*(propose(db, run_id, "RUNNING") for run_id in ids))
        winners = [one.run.id for one in decisions if one.status is SetStateStatus.ACCEPT]
        assert len(winners) == 1
        assert await holders(db) == winners
        assert {one.status for one in decisions} == {SetStateStatus.ACCEPT, SetStateStatus.WAIT}

    async def test_many_slots_for_more(self, db: Db):
        await a_tag(db, "a", 30)
        ids = [await a_task_run(db, "a") for _ in range(60)]
        decisions = await asyncio.gather(*(propose(db, run_id, "RUNNING") for run_id in ids))
        assert sum(one.status is SetStateStatus.ACCEPT for one in decisions) == len(await holders(db)) == 30

    async def test_slots_of_several_tags_are_taken_in_any_order(self, db: Db):
        for tag in ("a", "b", "c"):
            await a_tag(db, tag, 2)

        async def live(*tags: str) -> None:
            run_id = await a_task_run(db, *tags)
            while (await propose(db, run_id, "RUNNING")).status is not SetStateStatus.ACCEPT:
                pass
            await propose(db, run_id, "COMPLETED")

        orders = [("a", "b", "c"), ("c", "b", "a"), ("b", "a"), ("c", "a")] * 3
        await asyncio.wait_for(asyncio.gather(*(live(*tags) for tags in orders)), 60)
        assert await holders(db) == []

    async def test_running_again_takes_no_second_slot(self, db: Db):
        await a_tag(db, "a", 1)
        run_id = await a_task_run(db, "a")
        for _ in range(2):
            assert (await propose(db, run_id, "RUNNING")).status is SetStateStatus.ACCEPT
        assert await holders(db) == [run_id]

    async def test_force_takes_none_and_gives_back(self, db: Db):
        await a_tag(db, "a", 1)
        one, two = await a_task_run(db, "a"), await a_task_run(db, "a")
        await propose(db, one, "RUNNING")
        await propose(db, two, "RUNNING", force=True)
        assert await holders(db) == [one]
        await propose(db, one, "CRASHED", force=True)
        assert await holders(db) == []

    async def test_a_deleted_task_run_holds_none(self, db: Db):
        await a_tag(db, "a", 2)
        flow_run_id = await a_run(db, await a_flow(db), "RUNNING")
        one, two = await a_task_run(db, "a"), await a_task_run(db, "a", flow_run_id=flow_run_id)
        for run_id in (one, two):
            await propose(db, run_id, "RUNNING")
        await runs.delete_one(db, one)
        assert await holders(db) == [two]
        await db.run(flow_run.delete())
        assert await holders(db) == []

    async def test_how_many_statements(self, db: Db):
        await a_tag(db, "a", 1)
        counts: list[int] = []
        for tags in ((), ("a",)):
            run_id = await a_task_run(db, *tags)
            for kind in ("RUNNING", "COMPLETED"):
                before = db.statements
                await propose(db, run_id, kind)
                counts.append(db.statements - before)
        assert counts == [2, 2, 3, 2]


class TestRememberedResults:
    KEY: dict[str, Any] = {"cache_key": "k" * 3000}  # noqa: RUF012  (never changed)

    async def complete(self, db: Db, *, at: datetime | None = None, **details: Any) -> UUID:
        run_id = await a_task_run(db)
        await propose(db, run_id, "COMPLETED", at=at, data={"n": 1}, state_details={**self.KEY, **details})
        return run_id

    async def test_one_is_found_by_its_key(self, db: Db):
        await self.complete(db)
        decision = await propose(db, await a_task_run(db), "RUNNING", state_details=self.KEY)
        state = written(decision)
        assert (decision.status, state.type, state.name) == (SetStateStatus.REJECT, StateType.COMPLETED, "Cached")
        assert state.data == {"n": 1}

    async def test_the_newest_counts(self, db: Db):
        first = await self.complete(db)
        second = await self.complete(db)
        assert first != second
        assert [row["task_run_id"] for row in await db.rows(select(remembered_result.c.task_run_id))] == [second]

    async def test_until_it_expires(self, db: Db):
        moment = now()
        await self.complete(db, cache_expiration=moment + timedelta(minutes=1))
        for later, status in ((59, SetStateStatus.REJECT), (61, SetStateStatus.ACCEPT)):
            at = moment + timedelta(seconds=later)
            decision = await propose(db, await a_task_run(db), "RUNNING", at=at, state_details=self.KEY)
            assert decision.status is status

    async def test_not_of_a_task_run_that_is_gone(self, db: Db):
        await runs.delete_one(db, await self.complete(db))
        assert await db.rows(select(remembered_result.c.task_run_id)) == []
        decision = await propose(db, await a_task_run(db), "RUNNING", state_details=self.KEY)
        assert decision.status is SetStateStatus.ACCEPT


class TestRetriesOfOldClients:
    async def fail(self, db: Db, version: tuple[int, int, int] | None) -> list[Any]:
        flow_run_id = await a_run(db, await a_flow(db), "RUNNING", run_count=1)
        await db.run(flow_run.update().values(empirical_policy='{"retries": 1, "retry_delay": 5}'))
        for kind in ("FAILED", "FAILED", "COMPLETED"):
            run_id = await a_task_run(db, flow_run_id=flow_run_id)
            await propose(db, run_id, "RUNNING")
            await propose(db, run_id, kind)
        moment = now()
        failed = StateCreate(type=StateType.FAILED).to_state(moment)
        caller = Caller(moment, api_version=version)
        decision = await flow_runs.set_state(db, flow_run_id, failed, flow_run_policy.CORE, caller)
        assert decision.state is not None
        assert decision.state.name == "AwaitingRetry"
        found = await db.rows(
            select(task_run.c.state_name, task_run.c.run_count, task_run.c.next_scheduled_start_time).order_by(
                task_run.c.id
            )
        )
        due = decision.run.next_scheduled_start_time
        return [(row["state_name"], row["run_count"], row["next_scheduled_start_time"] == due) for row in found]

    async def test_failed_task_runs_begin_anew(self, db: Db):
        again = ("AwaitingRetry", 0, True)
        assert await self.fail(db, (0, 8, 2)) == [again, again, ("Completed", 1, False)]

    @pytest.mark.parametrize("version", [None, (0, 8, 3), (0, 8, 4)])
    async def test_not_for_others(self, db: Db, version: tuple[int, int, int] | None):
        assert [name for name, _, _ in await self.fail(db, version)] == ["Failed", "Failed", "Completed"]

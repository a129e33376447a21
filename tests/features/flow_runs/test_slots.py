"""Slots of deployments on a real database: many at once, few statements, lost leases, deleted runs."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select, text, update

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.domain.orchestration import Decision, FlowRunFacts, FlowRunPolicy, SetStateStatus
from locum.domain.states import StateCreate, StateType
from locum.features.concurrency.store import limits
from locum.features.flow_runs import commands, policy
from locum.features.flow_runs.loops import LateRuns
from locum.features.flow_runs.store import runs
from locum.features.task_runs.callers import Caller
from locum.infra.db import Db
from locum.tables.concurrency import concurrency_limit, concurrency_slot
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow
from tests.factories.runs import a_deployment, a_flow, a_run

NEW_CLIENT, OLD_CLIENT = "3.9.1", "3.4.10"
CANCEL_NEW = '{"collision_strategy": "CANCEL_NEW"}'
CONTENDERS = 25


async def a_limit(db: Db, size: int, **columns: Any) -> UUID:
    limit_id = new_id()
    await db.run(insert(concurrency_limit).values(id=limit_id, name=str(limit_id), limit=size, **columns))
    return limit_id


async def a_limited_deployment(db: Db, size: int = 1, **columns: Any) -> tuple[UUID, UUID]:
    """A flow and its deployment."""
    flow_id, limit_id = await a_flow(db), await a_limit(db, size)
    return flow_id, await a_deployment(db, flow_id, concurrency_limit_id=limit_id, **columns)


async def propose(
    db: Db, run_id: UUID, kind: str, client: str | None = NEW_CLIENT, *, force: bool = False, **more: Any
) -> Decision[FlowRunFacts]:
    moment = now()
    proposed = StateCreate.model_validate({"type": kind, **more}).to_state(moment)
    return await commands.set_state(db, run_id, proposed, policy.choose(force=force), Caller(moment, client))


async def leases(db: Db) -> dict[UUID, Any]:
    """Who holds a lease that has not run out, until when."""
    rows = await db.rows(
        text("SELECT holder_id, expires_at FROM concurrency_slot WHERE expires_at IS NULL OR expires_at > now()")
    )
    assert len({row["holder_id"] for row in rows}) == len(rows), "nobody holds two"
    return {row["holder_id"]: row["expires_at"] for row in rows}


async def lapse(db: Db) -> None:
    """Every lease has run out."""
    await db.run(update(concurrency_slot).values(expires_at=func.now() - timedelta(seconds=1)))


class TestManyAtOnce:
    @pytest.mark.parametrize("decay", [0.0, 1e-9])
    @pytest.mark.parametrize("size", [1, 3, 20])
    async def test_no_more_than_there_are_slots(self, db: Db, size: int, decay: float):
        flow_id = await a_flow(db)
        limit_id = await a_limit(db, size, slot_decay_per_second=decay)
        deployment_id = await a_deployment(db, flow_id, concurrency_limit_id=limit_id)
        ids = [await a_run(db, flow_id, deployment_id=deployment_id) for _ in range(CONTENDERS)]
        decisions = await asyncio.gather(*(propose(db, run_id, "PENDING") for run_id in ids))
        winners = [one.run.id for one in decisions if one.status is SetStateStatus.ACCEPT]
        assert len(winners) == size
        assert set(await leases(db)) == set(winners)
        names = {one.state.name for one in decisions if one.state}
        assert names == {"Pending", "AwaitingConcurrencySlot"}

    async def test_as_slots_come_back_others_take_them(self, db: Db):
        flow_id, deployment_id = await a_limited_deployment(db, 2)
        inside: set[UUID] = set()

        async def live(run_id: UUID) -> int:
            tries = 1
            while (await propose(db, run_id, "PENDING")).status is not SetStateStatus.ACCEPT:
                tries += 1
            inside.add(run_id)
            assert len(inside) <= 2
            await propose(db, run_id, "RUNNING")
            inside.remove(run_id)
            await propose(db, run_id, "COMPLETED")
            return tries

        ids = [await a_run(db, flow_id, deployment_id=deployment_id) for _ in range(12)]
        await asyncio.wait_for(asyncio.gather(*(live(run_id) for run_id in ids)), 60)
        assert await leases(db) == {}

    async def test_the_same_proposal_many_times_takes_one_slot(self, db: Db):
        flow_id, deployment_id = await a_limited_deployment(db, 5)
        run_id = await a_run(db, flow_id, deployment_id=deployment_id)
        details = {"transition_id": str(uuid4())}
        decisions = await asyncio.gather(
            *(propose(db, run_id, "PENDING", state_details=details) for _ in range(CONTENDERS))
        )
        assert sorted(one.status for one in decisions) == [SetStateStatus.ACCEPT] + [SetStateStatus.REJECT] * (
            CONTENDERS - 1
        )
        found = {one.current.id for one in decisions if one.current}
        assert len(found) == 1
        assert set(await leases(db)) == {run_id}


class TestStatements:
    async def test_without_a_limit_there_are_two(self, db: Db):
        flow_id = await a_flow(db)
        run_id = await a_run(db, flow_id, deployment_id=await a_deployment(db, flow_id))
        for kind in ("PENDING", "RUNNING", "COMPLETED"):
            before = db.statements
            await propose(db, run_id, kind)
            assert db.statements - before == 2

    async def test_with_one_they_are_three_where_slots_are_looked_at(self, db: Db):
        flow_id, deployment_id = await a_limited_deployment(db)
        run_id = await a_run(db, flow_id, deployment_id=deployment_id)
        counts: list[int] = []
        for kind in ("PENDING", "RUNNING", "COMPLETED"):
            before = db.statements
            await propose(db, run_id, kind)
            counts.append(db.statements - before)
        assert counts == [3, 3, 2]


class TestLeases:
    async def test_a_slot_whose_lease_ran_out_is_free(self, db: Db):
        flow_id, deployment_id = await a_limited_deployment(db)
        dead, next_one = [await a_run(db, flow_id, deployment_id=deployment_id) for _ in range(2)]
        await propose(db, dead, "PENDING")
        await lapse(db)
        assert (await propose(db, next_one, "PENDING")).status is SetStateStatus.ACCEPT
        late = await propose(db, dead, "RUNNING")
        assert late.state is not None
        assert late.state.type is StateType.CANCELLED
        assert set(await leases(db)) == {next_one}

    async def test_a_run_that_lost_its_slot_takes_another(self, db: Db):
        flow_id, deployment_id = await a_limited_deployment(db)
        run_id = await a_run(db, flow_id, deployment_id=deployment_id)
        first = await propose(db, run_id, "PENDING")
        await lapse(db)
        second = await propose(db, run_id, "RUNNING")
        assert first.state is not None
        assert second.state is not None
        assert first.state.state_details.deployment_concurrency_lease_id != (
            second.state.state_details.deployment_concurrency_lease_id
        )
        assert set(await leases(db)) == {run_id}

    async def test_a_lease_that_ran_out_meanwhile_is_not_renewed(self, db: Db):
        """Between reading and writing: the write finds no lease, and the transition is decided anew."""
        flow_id, deployment_id = await a_limited_deployment(db)
        run_id = await a_run(db, flow_id, deployment_id=deployment_id)
        await propose(db, run_id, "PENDING")
        ids = [await a_run(db, flow_id, deployment_id=deployment_id) for _ in range(8)]
        await lapse(db)
        decisions = await asyncio.gather(
            propose(db, run_id, "RUNNING"), *(propose(db, other, "PENDING") for other in ids)
        )
        assert len(await leases(db)) == 1
        assert sum(one.status is SetStateStatus.ACCEPT for one in decisions) == 1

    async def test_as_long_as_the_deployment_says(self, db: Db):
        options = '{"collision_strategy": "ENQUEUE", "grace_period_seconds": 3600}'
        flow_id, deployment_id = await a_limited_deployment(db, concurrency_options=options)
        run_id = await a_run(db, flow_id, deployment_id=deployment_id)
        for kind in ("PENDING", "RUNNING"):
            await propose(db, run_id, kind)
            left = (await leases(db))[run_id] - now()
            assert timedelta(minutes=59) < left <= timedelta(hours=1)

    async def test_old_clients_hold_theirs_for_good(self, db: Db):
        flow_id, deployment_id = await a_limited_deployment(db)
        run_id = await a_run(db, flow_id, deployment_id=deployment_id)
        await propose(db, run_id, "PENDING", OLD_CLIENT)
        await propose(db, run_id, "RUNNING", OLD_CLIENT)
        assert await leases(db) == {run_id: None}
        await propose(db, run_id, "COMPLETED", OLD_CLIENT)
        assert await leases(db) == {}


class TestAwaitingRetry:
    """A run that fails with retries left holds its slot until it begins anew."""

    async def failed(self, db: Db, client: str) -> tuple[UUID, UUID, UUID]:
        """A flow, its deployment, and a run that awaits its retry."""
        flow_id, deployment_id = await a_limited_deployment(db)
        retries = FlowRunPolicy(retries=3, retry_delay=0).model_dump_json()
        run_id = await a_run(db, flow_id, deployment_id=deployment_id, empirical_policy=retries)
        for kind in ("PENDING", "RUNNING"):
            await propose(db, run_id, kind, client)
        retried = await propose(db, run_id, "FAILED", client)
        assert retried.state is not None
        assert retried.state.name == "AwaitingRetry"
        assert set(await leases(db)) == {run_id}
        return flow_id, deployment_id, run_id

    @pytest.mark.parametrize("client", [NEW_CLIENT, OLD_CLIENT])
    @pytest.mark.parametrize("force", [False, True])
    async def test_is_cancelled(self, db: Db, client: str, *, force: bool):
        _, _, run_id = await self.failed(db, client)
        await propose(db, run_id, "CANCELLED", client, force=force)
        assert await leases(db) == {}

    @pytest.mark.parametrize("client", [NEW_CLIENT, OLD_CLIENT])
    async def test_is_deleted(self, db: Db, client: str):
        _, _, run_id = await self.failed(db, client)
        await runs.delete_many(db, [run_id])
        assert await leases(db) == {}

    @pytest.mark.parametrize("client", [NEW_CLIENT, OLD_CLIENT])
    async def test_is_submitted_anew(self, db: Db, client: str):
        flow_id, deployment_id, run_id = await self.failed(db, client)
        again = await propose(db, run_id, "PENDING", client)
        assert again.status is SetStateStatus.ACCEPT
        other = await a_run(db, flow_id, deployment_id=deployment_id)
        assert (await propose(db, other, "PENDING", client)).status is SetStateStatus.REJECT
        assert set(await leases(db)) == {run_id}
        await propose(db, run_id, "RUNNING", client)
        await propose(db, run_id, "COMPLETED", client)
        assert await leases(db) == {}


class TestGivingBack:
    @pytest.mark.parametrize("way", ["one", "many", "flow"])
    async def test_by_the_deletion_of_runs(self, db: Db, way: str):
        flow_id, deployment_id = await a_limited_deployment(db, 3)
        ids = [await a_run(db, flow_id, deployment_id=deployment_id) for _ in range(3)]
        other_flow = await a_flow(db)
        limit_id = await a_limit(db, 1)
        other = await a_run(
            db,
            other_flow,
            deployment_id=await a_deployment(db, other_flow, concurrency_limit_id=limit_id),
        )
        for run_id in (*ids, other):
            await propose(db, run_id, "PENDING")
        if way == "one":
            for run_id in ids:
                await runs.delete_many(db, [run_id])
        elif way == "many":
            await runs.delete_many(db, ids)
        else:
            await db.run(flow.delete().where(flow.c.id == flow_id))
        assert set(await leases(db)) == {other}

    async def test_how_long_slots_are_held_is_learnt(self, db: Db):
        flow_id, deployment_id = await a_limited_deployment(db)
        run_id = await a_run(db, flow_id, deployment_id=deployment_id)
        await propose(db, run_id, "PENDING")
        await propose(db, run_id, "CRASHED")
        row = await db.row(select(concurrency_limit.c.avg_slot_occupancy_seconds))
        assert row is not None
        assert row["avg_slot_occupancy_seconds"] == pytest.approx(0.1, abs=5)

    async def test_with_a_limit_that_was_deleted(self, db: Db):
        flow_id, deployment_id = await a_limited_deployment(db)
        run_id = await a_run(db, flow_id, deployment_id=deployment_id)
        await propose(db, run_id, "PENDING")
        await limits.delete_many(db, [row["id"] for row in await db.rows(select(concurrency_limit.c.id))])
        assert (await propose(db, run_id, "RUNNING")).status is SetStateStatus.ACCEPT
        assert (await propose(db, run_id, "COMPLETED")).status is SetStateStatus.ACCEPT
        assert await leases(db) == {}


class TestLateRuns:
    async def test_those_of_full_deployments_that_cancel_new_ones(self, db: Db):
        full_flow, full = await a_limited_deployment(db, concurrency_options=CANCEL_NEW)
        roomy_flow, roomy = await a_limited_deployment(db, concurrency_options=CANCEL_NEW)
        queueing_flow, queueing = await a_limited_deployment(db)
        for flow_id, deployment_id in ((full_flow, full), (queueing_flow, queueing)):
            await propose(db, await a_run(db, flow_id, deployment_id=deployment_id), "PENDING")
        moment = now()
        due = moment - timedelta(minutes=1)
        ids = [
            await a_run(db, flow_id, deployment_id=deployment_id, due=due)
            for flow_id, deployment_id in ((full_flow, full), (roomy_flow, roomy), (queueing_flow, queueing))
        ]
        await LateRuns(timedelta(seconds=15)).run_once(db, moment)
        names = [await db.value(select(flow_run.c.state_name).where(flow_run.c.id == run_id)) for run_id in ids]
        assert names == ["Cancelled", "Late", "Late"]

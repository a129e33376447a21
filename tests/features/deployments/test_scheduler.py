"""The scheduler beside clients that deploy, pause and change schedules, and workers that begin early."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select, text

from locum.features.deployments.commands import schedules, writing
from locum.features.deployments.loops import Scheduler
from locum.features.deployments.schemas import DeploymentCreate, DeploymentScheduleUpdate
from locum.features.flows import commands as flows
from locum.features.flows.schemas import FlowCreate
from locum.infra.cipher import Cipher
from locum.infra.db import Db
from locum.infra.settings import Settings, read_settings
from locum.tables.deployments import deployment_schedule
from locum.tables.flow_runs import flow_run, flow_run_state

START = datetime(2030, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

_BEGIN_NEXT = text("""
    UPDATE flow_run SET state_type = 'PENDING' WHERE id IN (
        SELECT id FROM flow_run WHERE state_type = 'SCHEDULED' ORDER BY next_scheduled_start_time LIMIT 1
    )
""")


def _every(seconds: int) -> dict[str, Any]:
    return {"interval": seconds, "anchor_date": START.isoformat()}


def quick(settings: Settings, **scheduler: Any) -> Scheduler:
    """A scheduler that plans little at a time."""
    few = settings.services.scheduler.model_copy(
        update={"min_runs": 3, "max_runs": 10, "min_scheduled_time": timedelta(minutes=2), **scheduler}
    )
    return Scheduler(settings.model_copy(update={"services": settings.services.model_copy(update={"scheduler": few})}))


class Place:
    """A database with one deployment, a clock that is set by hand, and several schedulers."""

    def __init__(self, db: Db, settings: Settings, schedulers: int = 3) -> None:
        """Nothing is there yet."""
        self.db = db
        self._cipher = Cipher((Fernet.generate_key(),))
        self.now = START + timedelta(seconds=1)
        self.deployment_id = UUID(int=0)
        self._flow_id = UUID(int=0)
        self._schedulers = [quick(settings) for _ in range(schedulers)]

    async def begin(self) -> None:
        """Make the flow."""
        flow, _ = await self.db.transact(lambda tx: flows.create(tx, FlowCreate(name="f"), self.now))
        self._flow_id = UUID(json.loads(flow)["id"])

    async def deploy(self, intervals: Sequence[int], **more: Any) -> None:
        """Deploy with these schedules."""
        given_schedules = [{"schedule": _every(seconds)} for seconds in intervals]
        body = DeploymentCreate.model_validate(
            {"name": "d", "flow_id": self._flow_id, "schedules": given_schedules, **more}
        )
        made, _ = await self.db.transact(lambda tx: writing.create(tx, self._cipher, body, self.now))
        self.deployment_id = UUID(json.loads(made)["id"])

    async def pause(self, paused: bool) -> None:
        """Pause or resume."""
        await self.db.transact(lambda tx: writing.set_paused(tx, self.deployment_id, self.now, paused=paused))

    async def switch(self, active: bool) -> None:
        """Switch one schedule on or off."""
        found = await self.db.rows(select(deployment_schedule.c.id))
        body = DeploymentScheduleUpdate(active=active)
        for row in found[:1]:
            await self.db.transact(
                lambda tx, row=row: schedules.change(tx, self.deployment_id, row["id"], body, self.now)
            )

    async def drop(self) -> None:
        """Delete one schedule."""
        found = await self.db.rows(select(deployment_schedule.c.id))
        for row in found[:1]:
            await self.db.transact(lambda tx, row=row: schedules.remove(tx, self.deployment_id, row["id"], self.now))

    async def tick(self) -> None:
        """A turn of every scheduler, at once."""
        await asyncio.gather(*(one.run_once(self.db, self.now) for one in self._schedulers))

    async def runs(self) -> list[dict[str, Any]]:
        """All runs that schedules gave."""
        columns = (
            flow_run.c.id,
            flow_run.c.state_type,
            flow_run.c.created_by,
            flow_run.c.expected_start_time,
            flow_run.c.idempotency_key,
        )
        found = await self.db.rows(select(*columns).where(flow_run.c.auto_scheduled))
        return [{**row, "schedule_id": UUID(json.loads(row["created_by"])["id"])} for row in found]

    async def active(self) -> dict[UUID, timedelta]:
        """The active schedules, and how often they fire."""
        found = await self.db.rows(select(deployment_schedule).where(deployment_schedule.c.active))
        return {row["id"]: timedelta(seconds=json.loads(row["schedule"])["interval"]) for row in found}


def due_after(now: datetime, every: timedelta, count: int) -> list[datetime]:
    """The next times on the grid of START."""
    first = START + ((now - START) // every + 1) * every
    return [first + number * every for number in range(count)]


async def fresh(db: Db, settings: Settings) -> Place:
    """A place with nothing in it but a flow."""
    for table in ("flow_run", "deployment_schedule", "deployment", "flow", "event"):
        await db.run(text(f"DELETE FROM {table}"))
    place = Place(db, settings)
    await place.begin()
    return place


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 400)),
        st.tuples(st.just("deploy"), st.sampled_from(([60], [60], [90], []))),
        st.tuples(st.just("pause"), st.booleans()),
        st.tuples(st.just("switch"), st.booleans()),
        st.tuples(st.just("drop"), st.none()),
        st.tuples(st.just("begin"), st.none()),
        st.tuples(st.just("tick"), st.none()),
    ),
    max_size=14,
)


class TestBesideOthers:
    @examples(max_examples=25)
    @given(steps=STEPS, seed=st.integers(0, 2**16))
    @example(steps=[("tick", None), ("begin", None)], seed=0)
    @example(steps=[("tick", None), ("begin", None), ("deploy", [90]), ("tick", None)], seed=1)
    async def test_one_run_per_fire_time(self, db: Db, steps: list[tuple[str, Any]], seed: int):
        chance = random.Random(seed)
        place = await fresh(db, read_settings({}))
        await place.deploy([60])
        for kind, value in steps:
            beside = chance.random() < 0.5
            async with asyncio.TaskGroup() as group:
                if beside:
                    group.create_task(place.tick())
                match kind:
                    case "wait":
                        place.now += timedelta(seconds=value)
                    case "deploy":
                        group.create_task(place.deploy(value))
                    case "pause":
                        group.create_task(place.pause(value))
                    case "switch":
                        group.create_task(place.switch(value))
                    case "drop":
                        group.create_task(place.drop())
                    case "begin":
                        await db.run(_BEGIN_NEXT)
                    case _:
                        group.create_task(place.tick())
        place.now += timedelta(milliseconds=1)
        await place.deploy([60], paused=False)
        await place.tick()

        runs = await place.runs()
        active = await place.active()
        times = Counter(run["expected_start_time"] for run in runs if run["expected_start_time"] > place.now)
        assert all(count == 1 for count in times.values()), "a fire time has two runs"
        waiting = [r for r in runs if r["state_type"] == "SCHEDULED" and r["expected_start_time"] > place.now]
        assert {run["schedule_id"] for run in waiting} <= active.keys(), "a schedule that is gone has runs"
        assert set(due_after(place.now, MINUTE, 3)) <= times.keys(), "a fire time has no run"

    async def test_a_batch_is_shared(self, db: Db, settings: Settings):
        place = Place(db, settings, schedulers=4)
        await place.begin()
        for number in range(20):
            await place.deploy([60], name=f"d{number}")
        for _ in range(5):
            await place.tick()
        runs = await place.runs()
        assert len(runs) == 20 * 3
        assert len({run["idempotency_key"] for run in runs}) == len(runs)


class TestRunOnce:
    async def test_nothing_to_do(self, db: Db, settings: Settings):
        report = await quick(settings).run_once(db, START)
        assert (report.done, report.full) == (0, False)

    async def test_plans_and_then_rests(self, db: Db, settings: Settings):
        place = Place(db, settings)
        await place.begin()
        await place.deploy([60])
        assert (await quick(settings).run_once(db, place.now)).done == 3
        assert (await quick(settings).run_once(db, place.now)).done == 0
        place.now += MINUTE
        assert (await quick(settings).run_once(db, place.now)).done == 1

    async def test_runs_have_states(self, db: Db, settings: Settings):
        place = Place(db, settings)
        await place.begin()
        await place.deploy([3600])
        await place.tick()
        states = await db.rows(select(flow_run_state))
        assert len(states) == 3
        assert {row["type"] for row in states} == {"SCHEDULED"}
        assert {row["flow_run_id"] for row in states} == {run["id"] for run in await place.runs()}

    async def test_paused_deployments_get_none(self, db: Db, settings: Settings):
        place = Place(db, settings)
        await place.begin()
        await place.deploy([60], paused=True)
        await place.tick()
        assert await place.runs() == []
        await place.pause(False)
        await place.tick()
        assert len(await place.runs()) == 3
        await place.pause(True)
        assert await place.runs() == []

    async def test_a_frequent_schedule_is_not_looked_at_every_turn(self, db: Db, settings: Settings):
        place = Place(db, settings)
        await place.begin()
        await place.deploy([1])
        scheduler = quick(settings)
        assert (await scheduler.run_once(db, place.now)).done == 10
        assert (await scheduler.run_once(db, place.now + timedelta(seconds=2))).done == 0
        assert (await scheduler.run_once(db, place.now + timedelta(seconds=6))).done > 0

    async def test_what_falls_between_a_change_and_the_next_turn_is_planned(self, db: Db, settings: Settings):
        place = Place(db, settings)
        await place.begin()
        place.now = START + timedelta(seconds=59)
        await place.deploy([60])
        place.now = START + timedelta(seconds=61)
        await place.tick()
        assert START + MINUTE in {run["expected_start_time"] for run in await place.runs()}

    async def test_many_at_once_in_batches(self, db: Db, settings: Settings):
        place = Place(db, settings)
        await place.begin()
        for number in range(5):
            await place.deploy([60], name=f"d{number}")
        scheduler = quick(settings, deployment_batch_size=2, insert_batch_size=2)
        reports = [await scheduler.run_once(db, place.now) for _ in range(3)]
        assert [report.full for report in reports] == [True, True, False]
        assert sum(report.done for report in reports) == 15

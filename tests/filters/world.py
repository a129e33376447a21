"""Rows for filters to choose from: every table of a small installation, the same in each run."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from locum.infra.db import Executor, dump_json
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow
from locum.tables.task_runs import task_run
from locum.tables.work_pools import work_pool, work_queue

Row = dict[str, Any]

START = datetime(2026, 3, 1, tzinfo=UTC)
STATES = ("SCHEDULED", "RUNNING", "COMPLETED", "FAILED")
STATE_NAMES = ("Late", "Scheduled", "Running", "Completed")
TAGS = ("a", "b", "c", "per%cent")
WORDS = ("etl", "Nightly", "load_raw", "load%raw", "report", "back\\slash", "ETL-two")

TABLES = {
    "flows": flow,
    "flow_runs": flow_run,
    "task_runs": task_run,
    "deployments": deployment,
    "work_pools": work_pool,
    "work_queues": work_queue,
}


@dataclass
class World:
    """The rows of each table, as Python values."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def ids(self, name: str) -> list[UUID]:
        return [row["id"] for row in self.rows[name]]

    async def insert(self, executor: Executor) -> None:
        for name in ("flows", "work_pools", "work_queues", "deployments", "flow_runs", "task_runs"):
            table = TABLES[name]
            for row in self.rows[name]:
                stored = {
                    key: dump_json(value) if isinstance(value, (list, dict)) else value
                    for key, value in row.items()
                    if key != "effective_start"
                }
                await executor.run(insert(table).values(stored))


class Maker:
    """Draws the rows from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World()

    def id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128))

    def maybe(self, values: list[Any], chance: float = 0.7) -> Any:
        return self.random.choice(values) if values and self.random.random() < chance else None

    def name(self) -> str:
        return f"{self.random.choice(WORDS)} {self.random.choice(WORDS)} {self.random.randrange(1000)}"

    def tags(self) -> list[str]:
        return sorted(self.random.sample(TAGS, self.random.choice((0, 0, 1, 2, 3))))

    def moment(self, chance: float = 0.8) -> datetime | None:
        return self.maybe([START + timedelta(hours=hour) for hour in range(6)], chance)

    def run(self) -> Row:
        state = self.maybe(list(STATES), 0.9)
        started, expected = self.moment(0.5), self.moment()
        return {
            "id": self.id(),
            "name": self.name(),
            "tags": self.tags(),
            "state_type": state,
            "state_name": None if state is None else self.random.choice(STATE_NAMES),
            "start_time": started,
            "expected_start_time": expected,
            "next_scheduled_start_time": self.moment(0.5),
            "end_time": self.moment(0.4),
            "total_run_time": float(self.random.randrange(4)),
        }

    def make(self) -> World:
        rows, choice = self.world.rows, self.random.choice
        for _ in range(8):
            rows["flows"].append({"id": self.id(), "name": self.name(), "tags": self.tags()})
        for kind in ("process", "docker", "process"):
            rows["work_pools"].append({"id": self.id(), "name": self.name(), "type": kind})
        for number in range(6):
            pool = choice(self.world.ids("work_pools"))
            row = {"id": self.id(), "name": self.name(), "work_pool_id": pool, "priority": number + 1}
            rows["work_queues"].append(row)
        for _ in range(10):
            queue = self.maybe(rows["work_queues"])
            rows["deployments"].append(
                {
                    "id": self.id(),
                    "name": self.name(),
                    "flow_id": choice(self.world.ids("flows")[:6]),
                    "tags": self.tags(),
                    "paused": choice((True, False)),
                    "work_queue_id": queue and queue["id"],
                    "work_queue_name": queue and queue["name"],
                }
            )
        for number in range(30):
            self.make_flow_run(number)
        for number in range(40):
            self.make_task_run(number)
        self.tie_subflows()
        return self.world

    def make_flow_run(self, number: int) -> None:
        queue = self.maybe(self.world.rows["work_queues"])
        run = self.run()
        creator = {"id": str(self.random.choice(self.world.ids("deployments"))), "type": "DEPLOYMENT"}
        self.world.rows["flow_runs"].append(
            {
                **run,
                "effective_start": run["start_time"] or run["expected_start_time"],
                "flow_id": self.random.choice(self.world.ids("flows")[:6]),
                # A deployment or queue that is gone leaves its id behind.
                "deployment_id": self.maybe([*self.world.ids("deployments"), self.id()]),
                "work_queue_id": self.maybe([*self.world.ids("work_queues"), self.id()]),
                "work_queue_name": queue and queue["name"],
                "flow_version": self.maybe(["1", "2"]),
                "idempotency_key": f"key {number}" if number % 3 else None,
                "created_by": self.maybe([creator, {"id": None, "type": "AUTOMATION"}]),
                "parent_task_run_id": None,
            }
        )

    def make_task_run(self, number: int) -> None:
        flow_run_id = self.maybe([*self.world.ids("flow_runs")[:20], self.id()], 0.9)
        keys = {"task_key": "t", "dynamic_key": str(number)}
        self.world.rows["task_runs"].append({**self.run(), "flow_run_id": flow_run_id, **keys})

    def tie_subflows(self) -> None:
        tasks = self.random.sample(self.world.ids("task_runs"), 12)
        for run, task in zip(self.world.rows["flow_runs"][-12:], tasks, strict=True):
            run["parent_task_run_id"] = task


def make_world(seed: int = 1) -> World:
    """The world of that seed."""
    return Maker(seed).make()
